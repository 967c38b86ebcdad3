import Foundation
import Home

/// The same evidence always gets the same seed, and so the same verdict.
package func seed(ofEvidence digest: String) -> UInt64 { UInt64(digest.prefix(16), radix: 16) ?? 0 }

/// One id per line. A first line `id` is a header.
package func readIDs(_ file: String) throws -> Set<String> {
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    return Set(lines.first == "id" ? lines.dropFirst() : lines[...])
}

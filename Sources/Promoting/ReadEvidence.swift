import Foundation
import Promotion

/// The same evidence always gets the same seed, and so the same verdict.
package func seed(ofEvidence digest: String) -> UInt64 { UInt64(digest.prefix(16), radix: 16) ?? 0 }

/// Maximum size of evidence, or of a list of ids, in bytes.
let largestEvidence = 512 << 20

/// Read the ids in a file that a person names. Files that steps leave are read by `readLeftFile`.
package func readIDs(_ file: String) throws -> Set<String> {
    ids(in: [UInt8](try Data(contentsOf: URL(fileURLWithPath: file))))
}

/// One id per line. A first line `id` is a header.
func ids(in text: [UInt8]) -> Set<String> {
    let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    let ids = lines.first.map(canonicalID) == "id" ? lines.dropFirst() : lines[...]
    // Where a table was written instead of a list, its first column counts as well.
    return Set(ids).union(ids.compactMap { line in line.firstIndex(of: ",").map { String(line[..<$0]) } })
}

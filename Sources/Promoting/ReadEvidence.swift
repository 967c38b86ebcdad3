import Foundation

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
    return Set(lines.first == "id" ? lines.dropFirst() : lines[...])
}

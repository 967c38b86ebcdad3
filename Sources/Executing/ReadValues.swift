import Home
import Minding

/// What a step wrote to `$ESPALIER_OUTPUT` exceeds a limit.
struct MalformedValues: Error, CustomStringConvertible {
    let description: String
}

/// Maximum size of `$ESPALIER_OUTPUT` in bytes, and maximum number of values. Values are shown on pages and passed in
/// variables; data belongs in `$ESPALIER_OUTPUTS`.
private let (largestValues, mostValues) = (1 << 20, 1_000)

/// The values that a step reported: `key=value` lines, as in other CI systems, with any line ending. Lines without `=`
/// are ignored. Bytes that are not UTF-8 are replaced.
///
/// - Throws: `LeftFileError`, `MalformedValues`.
func readValues(in folder: StepFolder) throws -> [String: String] {
    var bytes: [UInt8] = []
    do {
        bytes = try readLeftFile("output", in: folder.path, atMost: largestValues)
    } catch {
        switch error {
        case .missing: break
        case .tooLarge:
            throw MalformedValues(
                description: "it wrote more than \(largestValues >> 20) MiB to $ESPALIER_OUTPUT, which is for short "
                    + "values: write files into $ESPALIER_OUTPUTS")
        default: throw error
        }
    }
    let values = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        .reduce(into: [String: String]()) { values, line in
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else { return }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
    guard values.count <= mostValues else {
        throw MalformedValues(
            description: "it wrote \(values.count) values to $ESPALIER_OUTPUT, and \(mostValues) are the most: "
                + "write files into $ESPALIER_OUTPUTS")
    }
    return values
}

import Foundation
import Projects
import Yams

/// The largest file that is read, in bytes. Configuration written by people is a thousand times smaller.
public let largestFile = 1 << 20

/// Read YAML into a node with line numbers. Anchors and merge keys (`<<`) are resolved; nothing is executed.
///
/// - Parameter bytes: the file; `nil` when it was too large to be read at all.
public func parseYAML(_ bytes: [UInt8]?, file: String) throws(Problem) -> Projects.Node {
    let top = Projects.Mark(file: file, line: 1, column: 1)
    guard let bytes, bytes.count <= largestFile else {
        throw Problem(
            "the file is larger than \(largestFile >> 20) MiB", at: top, hint: "keep data out of configuration")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Problem(
            "the file is not UTF-8", at: Projects.Mark(file: file, line: line(ofInvalidByteIn: bytes), column: 1),
            hint: "save it as UTF-8")
    }
    do {
        guard let root = try Yams.compose(yaml: text, .default, .default, .utf8) else {
            return Projects.Node(.map([]), at: top)
        }
        var budget = 100_000
        return try Projects.Node(root, file: file, budget: &budget)
    } catch let problem as Problem {
        throw problem
    } catch let error as YamlError {
        throw Problem(error, file: file)
    } catch {
        throw Problem("\(error)", at: top)
    }
}

/// The line, from 1, of the first byte that breaks UTF-8.
private func line(ofInvalidByteIn bytes: [UInt8]) -> Int {
    var line = 1
    for row in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        if String(validating: row, as: UTF8.self) == nil { return line }
        line += 1
    }
    return line
}

extension Problem {
    init(_ error: YamlError, file: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                problem, at: Projects.Mark(file: file, line: mark.line, column: mark.column),
                hint: "this is not valid YAML")
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                "the key stands here twice: \(duplicates.sorted().joined(separator: ", "))",
                at: Projects.Mark(file: file, line: context.mark.line, column: context.mark.column),
                hint: "keep one of them")
        default:
            self.init("\(error)", at: Projects.Mark(file: file, line: 1, column: 1), hint: "this is not valid YAML")
        }
    }
}

extension Projects.Node {
    /// - Parameter budget: nodes that may still be created. Aliases of aliases can expand to more than fits in memory.
    init(_ node: Yams.Node, file: String, budget: inout Int) throws(Problem) {
        let mark = Projects.Mark(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        budget -= 1
        guard budget > 0 else {
            throw Problem("the file unfolds to too many values", at: mark, hint: "its anchors multiply each other")
        }
        switch node {
        case .scalar: self.init(Self.scalar(node), at: mark, spelling: node.scalar?.string)
        case .alias: throw Problem("an alias without its anchor", at: mark)
        case .sequence(let sequence):
            var items: [Projects.Node] = []
            for item in sequence { items.append(try Projects.Node(item, file: file, budget: &budget)) }
            self.init(.list(items), at: mark)
        case .mapping(let mapping):
            self.init(.map(try Self.entries(mapping, file: file, budget: &budget)), at: mark)
        }
    }

    /// Keys written here override keys merged by `<<`.
    private static func entries(_ mapping: Yams.Node.Mapping, file: String, budget: inout Int) throws(Problem)
        -> [Entry]
    {
        var own: [Entry] = []
        var inherited: [Entry] = []
        for (key, value) in mapping {
            let mark = Projects.Mark(file: file, line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
            guard let name = key.scalar?.string else { throw Problem("a key must be text", at: mark) }
            let node = try Projects.Node(value, file: file, budget: &budget)
            if name == "<<", key.scalar?.style == .plain {
                inherited += node.items.flatMap(\.entries)
            } else {
                own.append(Entry(key: name, mark: mark, value: node))
            }
        }
        var known = Set(own.map(\.key))
        return own + inherited.filter { known.insert($0.key).inserted }
    }

    private static func scalar(_ node: Yams.Node) -> Content {
        let text = node.scalar?.string ?? ""
        // Quoted scalars are always text.
        if let style = node.scalar?.style, style != .plain, style != .any { return .string(text) }
        switch node.any {
        case is NSNull: return .null
        // YAML 1.1 also reads yes, no, on and off as truth values; nobody who writes `sandbox: off` means `false`.
        case let flag as Bool: return ["true", "false"].contains(text.lowercased()) ? .bool(flag) : .string(text)
        case let value as Int: return .integer(value)
        case let value as Double: return .number(value)
        default: return .string(text)
        }
    }
}

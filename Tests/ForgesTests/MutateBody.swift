import Fixtures
import Foundation

/// Invalid bodies, made from bodies that forges have sent. They depend only on the seed, so that a failure can be repeated.
struct BodyMutator {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    mutating func mutate(_ body: [UInt8]) -> [UInt8] {
        var out = Bool.random(using: &random) ? body : mutateTree(body)
        if Int.random(in: 0..<3, using: &random) == 0 { out = mutateBytes(out) }
        return out
    }

    private mutating func mutateBytes(_ body: [UInt8]) -> [UInt8] {
        guard !body.isEmpty else { return [UInt8.random(in: 0...255, using: &random)] }
        var out = body
        let position = Int.random(in: 0..<out.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: out.removeSubrange(position...)
        case 1: out[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: out.insert(UInt8.random(in: 128...255, using: &random), at: position)
        case 3:
            let part = Array(#"{"a":[{"#.utf8)
            let nested = (0..<Int.random(in: 1...600, using: &random)).flatMap { _ in part }
            out.insert(contentsOf: nested, at: position)
        case 4: out.insert(contentsOf: "\\ud800\\u0000".utf8, at: position)
        case 5: out.removeSubrange(position..<min(out.count, position + 20))
        default: out.insert(contentsOf: out[..<position], at: position)
        }
        return out
    }

    private mutating func mutateTree(_ body: [UInt8]) -> [UInt8] {
        guard let tree = try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed),
            let data = try? JSONSerialization.data(
                withJSONObject: change(tree), options: [.fragmentsAllowed, .sortedKeys])
        else { return mutateBytes(body) }
        return Array(data)
    }

    /// Walks down to some value, and replaces or removes it.
    private mutating func change(_ value: Any) -> Any {
        switch value {
        case var members as [String: Any] where !members.isEmpty && Int.random(in: 0..<6, using: &random) > 0:
            guard let key = members.keys.sorted().randomElement(using: &random), let old = members[key] else { break }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: members[key] = nil
            case 1: members[key.uppercased()] = members.removeValue(forKey: key)
            default: members[key] = change(old)
            }
            return members
        case var list as [Any] where !list.isEmpty && Int.random(in: 0..<6, using: &random) > 0:
            let index = Int.random(in: 0..<list.count, using: &random)
            if Bool.random(using: &random) { list[index] = change(list[index]) } else { list.remove(at: index) }
            return list
        default: break
        }
        return replacement()
    }

    private static let words = [
        "refs/heads/", "refs/heads/-x", "refs/tags/../x", "a b", "*:*", "\u{0}", "merge", "closed", "update",
    ]

    private mutating func replacement() -> Any {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: NSNull()
        case 1: Bool.random(using: &random)
        case 2: [Int.min, -1, 0, 1, 41, Int.max].randomElement(using: &random) ?? 0
        case 3: [1e300, -1e300, 0.5, 9.3e18, 1e-300].randomElement(using: &random) ?? 0.0
        case 4: NSDecimalNumber(string: "99999999999999999999999999999999999999")
        case 5: ""
        case 6: String(repeating: "0", count: [39, 40, 41, 64].randomElement(using: &random) ?? 40)
        case 7: String(repeating: "Ⅷ", count: 40)
        case 8: Self.words.randomElement(using: &random) ?? ""
        case 9: [Any]()
        case 10: [String: Any]()
        case 11: [["id": [1, "2", NSNull()]]]
        case 12: deep(Int.random(in: 1...500, using: &random))
        default: String(repeating: "x", count: 5_000)
        }
    }

    private func deep(_ levels: Int) -> Any {
        var value: Any = 1
        for level in 0..<levels { value = level % 2 == 0 ? [value] as Any : ["a": value] as Any }
        return value
    }
}

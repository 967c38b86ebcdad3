import Foundation
import Testing

@testable import Forges

/// Whatever is sent, nothing crashes, and every result is safe to use unchecked.
@Suite struct FuzzTests {
    private struct Original {
        let forge: any Forge
        let headers: HeaderFields
        let body: [UInt8]
    }

    /// Per forge; with four of them 20,400.
    private static let mutations = 5_100

    @Test(arguments: ForgeKind.allCases) func nothingThatIsSentDoesHarm(_ kind: ForgeKind) throws {
        let originals = try Self.originals(kind)
        var mutator = BodyMutator(seed: UInt64(kind.rawValue.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
        var (meanings, changes, refusals) = (0, 0, 0)
        for _ in 0..<Self.mutations {
            guard let original = originals.randomElement(using: &mutator.random) else { continue }
            let body = mutator.mutate(original.body)
            let delivery = Delivery(headers: original.headers, body: body)
            do throws(ForgeError) {
                check(try original.forge.meaning(of: delivery))
                meanings += 1
            } catch {
                if error.description.isEmpty || error.mayPass { Issue.record("\(error)") }
                refusals += 1
            }
            _ = (original.forge.deliveryID(of: delivery), ForgeKind.identify(delivery))
            changes += answers(original.forge, ForgeResponse(status: 200, body: body))
            let status = Int.random(in: 0...600, using: &mutator.random)
            _ = original.forge.mergeAnswer(ForgeResponse(status: status, body: body))
            _ = original.forge.statusTrouble(in: ForgeResponse(status: status, body: body))?.description
        }
        // Otherwise everything was refused up front, and the code behind that was not tested.
        #expect(meanings > 500 && changes > 100 && refusals > 500, "\(meanings) \(changes) \(refusals)")
    }

    private func answers(_ forge: any Forge, _ answer: ForgeResponse) -> Int {
        let list = (try? forge.changes(in: answer).changes) ?? []
        let one = (try? forge.change(in: answer)).map { [$0] } ?? []
        for change in list + one {
            if change.number < 1 || !isCommit(change.head) || change.target.isEmpty || change.source.isEmpty {
                Issue.record("\(change)")
            }
        }
        return list.count + one.count
    }

    private func check(_ event: ForgeEvent) {
        switch event {
        case .pushed(let refs):
            for ref in refs {
                let isRef = ref.ref.hasPrefix("refs/heads/") || ref.ref.hasPrefix("refs/tags/")
                let isPlain = !ref.ref.contains("..") && !ref.ref.contains("*") && !ref.ref.contains(":")
                if !isRef || !isPlain || [ref.from, ref.to].contains(where: { $0.map { !isCommit($0) } ?? false }) {
                    Issue.record("\(ref)")
                }
            }
            if refs.isEmpty { Issue.record("pushed nothing") }
        case .changeMoved(let move):
            if move.number < 1 || move.head.map({ !isCommit($0) }) ?? false { Issue.record("\(move)") }
        case .ping, .ignored: break
        }
    }

    private func isCommit(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count) && text.utf8.contains { $0 != UInt8(ascii: "0") }
            && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    /// The samples of these tests, and the recordings if present.
    private static func originals(_ kind: ForgeKind) throws -> [Original] {
        let sample = Sample(kind: kind)
        let forge = try sample.forge
        var all = [
            try sample.push("refs/heads/main", from: one, to: two), try sample.push("refs/tags/v", from: zero, to: two),
        ]
        all += try ChangeMove.Action.allCases.map { try sample.moved($0) }
        let headers = all[0].headers
        all.append(Delivery(headers: headers, body: try bytes(sample.change(state: .merged, isFork: true))))
        all.append(Delivery(headers: headers, body: try sample.list([sample.change(), sample.change()]).body))
        all.append(Delivery(headers: headers, body: Array(#"{"message": {"base": ["is gone", 1]}}"#.utf8)))
        var originals = all.map { Original(forge: forge, headers: $0.headers, body: $0.body) }
        for entry in try Recordings.found?.entries("webhook") ?? [] where ForgeKind(recorded: entry.forge) == kind {
            guard let delivery = try Recordings.found?.delivery(entry), delivery.body.count < 10_000 else { continue }
            let owner = Forges.forge(for: try ForgeSettings.owner(of: delivery.body, kind))
            originals.append(Original(forge: owner, headers: delivery.headers, body: delivery.body))
        }
        return originals
    }

    /// Deeper than any recursive decoder could handle. Foundation's traps on 513 brackets that are never closed.
    @Test(arguments: ForgeKind.allCases) func depthIsRefused(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let whole = try sample.push("refs/heads/main", from: one, to: two)
        for levels in [101, 511, 512, 513, 50_000] {
            for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
                let nest = String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
                let half = String(nest.prefix(nest.utf8.count / 2))
                let open = String(repeating: open, count: levels)
                for body in [nest, half, open, #"{"message":\#(nest),"changes":\#(nest)}"#] {
                    let delivery = Delivery(headers: whole.headers, body: Array(body.utf8))
                    #expect(throws: ForgeError.self) { try sample.forge.meaning(of: delivery) }
                    #expect(try sample.forge.trouble(in: answer(422, body)) != nil)
                }
            }
        }
    }
}

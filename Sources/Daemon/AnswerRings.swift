import Answering
import Events
import Following
import Foundation
import Projects
import Running
import Store
import Watching

/// Messages to the daemon's socket: hooks that report a push, programs that ask for a look, and commands of people.
extension Daemon {
    func answer(_ ring: Ring) async {
        let words = (ring.lines.first ?? "").split(separator: " ", maxSplits: 1).map(String.init)
        do {
            switch words.first {
            case "pushed": ring.answer(plainText(try await pushed(to: words.last ?? "", Array(ring.lines.dropFirst()))))
            case Command.word: ring.answer(await answer(toCommand: ring.lines))
            case "linked":
                let forges = (try? await store.forges()) ?? [:]
                for watch in watches.all { link(watch, forges) }
                ring.answer("ok\n")
            case "adopted", "look":
                for watch in watches.all { await engine.planned(await watch.look(fetching: watch.project.url != nil)) }
                ring.answer("ok\n")
            default: ring.answer("error: the daemon does not know '\(words.first ?? "")'\n")
            }
        } catch {
            ring.answer("error: \(error)\n")
        }
    }

    /// - Returns: JSON of a `Command.Answer`.
    private func answer(toCommand lines: [String]) async -> String {
        let answer: Command.Answer
        do {
            answer = try await perform(try Command(lines: lines))
        } catch {
            answer = .refused("\(error)")
        }
        return (try? JSONEncoder().encode(answer)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func perform(_ command: Command) async throws -> Command.Answer {
        switch command {
        case .cancel(let run):
            try await engine.cancel(run)
            return .done("run \(run) is being cancelled")
        case .retry(let run):
            try await engine.retry(run)
            return .done("run \(run) is tried again")
        case .approve(let change, let who): return .done(try await approve(change: change, by: who))
        case .withdraw(let change, let who): return .done(try await withdraw(change: change, by: who))
        case .openChange(let branch, let target, let topic, let project):
            return .done(try await openChange(of: branch, into: target, topic: topic, project: project))
        case .approveDecision(let number, let who): return .done(try await approve(decision: number, by: who))
        case .rollBack(let wish): return .runs(try await wish.accepts ? accept(wish) : rollBack(wish))
        case .testNotice(let channel, let environment, let project):
            return .done(try await testNotice(channel, environment: environment, project: project))
        case .fire(let schedule, let project, let time):
            return .runs(try await fire(schedule, project: project, at: time))
        case .pause(let schedule, let project, let who, let reason):
            return .done(try await pause(schedule, project: project, by: who, because: reason))
        case .resume(let schedule, let project, let who, let catchesUp):
            return .done(try await resume(schedule, project: project, by: who, catchesUp: catchesUp))
        case .backfill(let wish): return .backfill(try await backfill(wish))
        case .cancelBackfill(let number, let who): return .done(try await cancel(backfill: number, by: who))
        case .retryBackfill(let number): return .done(try await retry(backfill: number))
        case .clean(let keeping): return .cleaned(try await cleaner.clean(keeping ?? options.keeping))
        }
    }

    /// Handles a hook's report. The hook names the refs that moved, so only those are read. The answer is shown to the
    /// person who pushed.
    func pushed(to repository: String, _ lines: [String]) async throws -> String {
        guard let watch = watches.all.first(where: { $0.project.repository == repository }) else {
            return "espalier: \(repository) is not adopted here\n"
        }
        var pushed: [String: ObjectID?] = [:]
        /// Refs that were pushed without a change.
        var again: [String: ObjectID] = [:]
        // Each line is `OLD NEW REF`, as Git gives it to its hooks.
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, isWatched(ref: words[2]) else { continue }
            pushed.updateValue(ObjectID(words[1]), forKey: words[2])
            if words[0] == words[1] { again[words[2]] = ObjectID(words[1]) }
        }
        guard !pushed.isEmpty else { return "" }
        let since = Date()
        let events = await watch.look(at: Set(pushed.keys))
        if events.isEmpty { try await propose(again, watch.project) }
        // Another look may have stored the events already. What matters is that they get planned.
        await engine.planned(try await store.unhandledEvents().filter { $0.project == watch.project.id })
        let address = Reporter(home: options.home, store: store).runningAddress() ?? ""
        return try await PushAnswer(store: store, address: address).text(pushed, project: watch.project, since: since)
    }
}

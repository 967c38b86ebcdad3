import Foundation
import HTTP
import Testing

@Suite(.timeLimit(.minutes(10)))
struct HTTPClientTests {
    let client = HTTPClient()

    @Test func theAnswerComesWhateverItsStatus() async throws {
        let server = try LoopbackServer(answer: "HTTP/1.1 418 Teapot\r\nX-Made: here\r\nContent-Length: 5\r\n\r\nshort")
        let answer = try await client.load(HTTPRequest("POST", server.url, body: Data("{}".utf8)))
        #expect(answer.status == 418 && answer.body == Data("short".utf8) && answer.headers["X-Made"] == "here")
        let file = try await client.loadFile(HTTPRequest("GET", server.url))
        defer { try? FileManager.default.removeItem(at: file.body) }
        #expect(try Data(contentsOf: file.body) == Data("short".utf8))
    }

    @Test func aServerThatAsksForAPasswordHasAnswered() async throws {
        let server = try LoopbackServer(
            answer: "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
        #expect(try await client.load(HTTPRequest("GET", server.url)).status == 401)
        #expect(try await client.loadFile(HTTPRequest("GET", server.url)).status == 401)
    }

    @Test func nobodyThereIsSaidSo() async throws {
        let nowhere = try #require(URL(string: "http://127.0.0.1:1/"))
        do throws(HTTPError) {
            _ = try await client.load(HTTPRequest("GET", nowhere))
            Issue.record("port 1 has answered")
        } catch {
            guard case .unreachable = error else { throw error }
        }
    }

    @Test func whoIsCancelledDoesNotWaitForTheAnswer() async throws {
        let server = try LoopbackServer(answer: nil)
        let asking = Task { [client] in try await client.load(HTTPRequest("GET", server.url)) }
        try await Task.sleep(for: .milliseconds(50))
        asking.cancel()
        await #expect(throws: HTTPError.cancelled) { try await asking.value }
    }

    @Test func whoIsCancelledBeforeDoesNotAsk() async throws {
        let server = try LoopbackServer(answer: nil)
        let asking = Task { [client] in
            while !Task.isCancelled { await Task.yield() }
            _ = try await client.load(HTTPRequest("GET", server.url))
        }
        asking.cancel()
        await #expect(throws: HTTPError.cancelled) { try await asking.value }
    }

    /// The system's own async method does not survive this: it deadlocks within some dozens of requests.
    @Test func aCancellationMayComeInTheMomentOfTheAnswer() async throws {
        let server = try LoopbackServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let request = HTTPRequest("GET", server.url)
        var (answered, cancelled) = (0, 0)
        // Shortened when too late, lengthened when too early, so that it stays near that moment on any machine.
        var pause = Duration.microseconds(10)
        for _ in 0..<300 {
            let asking = Task { [client] in try await client.load(request).status }
            try await Task.sleep(for: pause)
            asking.cancel()
            switch await asking.result {
            case .success(let status):
                #expect(status == 200)
                answered += 1
                pause = pause * 0.9
            case .failure(let error):
                #expect(error as? HTTPError == .cancelled)
                cancelled += 1
                pause = pause * 1.1
            }
        }
        #expect(answered > 0 && cancelled > 0, "answered \(answered), cancelled \(cancelled)")
    }
}

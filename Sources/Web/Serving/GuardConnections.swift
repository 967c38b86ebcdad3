import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Synchronization

/// The limits that every connection is held to before a route sees its requests.
struct ConnectionLimits: Sendable {
    /// How long a request may take to arrive, from the first byte that could be waited for to its last; how long a connection may
    /// be idle; how long a reader may take nothing.
    var patience = TimeAmount.seconds(20)
    /// How many connections one address may have at a time.
    var perAddress = 256
    /// How many requests of one connection may wait for their answers.
    var pipelined = 16
}

/// The names under which the pages may be asked for. A page of somebody else's site, whose name was made to point to this
/// machine, sends its own name, and is refused.
struct AllowedHosts: Sendable {
    private let names: Set<String>
    private let allowsAddresses: Bool

    /// - Parameters:
    ///   - host: what the server listens on. Beyond loopback, addresses are allowed too: only names can be made to point elsewhere.
    ///   - published: the public URL of the pages.
    init(host: String, published: String?) {
        let loopback: Set = ["localhost", "127.0.0.1", "::1"]
        allowsAddresses = !loopback.contains(host.lowercased())
        names = loopback.union([host.lowercased()]).union(published.flatMap(Self.host(ofURL:)).map { [$0] } ?? [])
    }

    /// Whether requests with this `Host` are answered.
    func allows(_ authority: String) -> Bool {
        guard let name = Self.name(of: authority) else { return false }
        return names.contains(name) || allowsAddresses && (try? SocketAddress(ipAddress: name, port: 0)) != nil
    }

    /// `ci.example.org` of `https://ci.example.org:8443/espalier/`
    private static func host(ofURL url: String) -> String? {
        let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
        return name(of: String(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }))
    }

    /// The name in `NAME`, `NAME:PORT` or `[ADDRESS]:PORT`, in lower case; `nil` for anything else.
    private static func name(of authority: String) -> String? {
        var name = Substring(authority.lowercased())
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]"), !name[name.index(after: colon)...].isEmpty,
            name[name.index(after: colon)...].allSatisfy(\.isASCIIDigit)
        {
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { return String(name.dropFirst().dropLast()) }
        return name.isEmpty || name.contains(where: { $0 == ":" || $0 == "@" || $0.isWhitespace }) ? nil : String(name)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

/// Counts the connections of each address.
final class ConnectionCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Whether the address may have one more, which is counted then.
    func take(_ address: String, most: Int) -> Bool {
        counts.withLock { counts in
            guard counts[address, default: 0] < most else { return false }
            counts[address, default: 0] += 1
            return true
        }
    }

    func giveBack(_ address: String) {
        counts.withLock { counts in
            counts[address] = counts[address].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }
}

/// Ends a connection that is one too many, or that keeps the server waiting.
final class LimitConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private let counts: ConnectionCounts
    private let hosts: AllowedHosts
    private var counted: String?
    private var arrival: Scheduled<Void>?
    private var reading: Scheduled<Void>?
    private var unanswered = 0

    init(limits: ConnectionLimits, counts: ConnectionCounts, hosts: AllowedHosts) {
        (self.limits, self.counts, self.hosts) = (limits, counts, hosts)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Ahead of the codec, which keeps only the first Host and the path of the target.
        if let codec = try? context.pipeline.syncOperations.handler(type: HTTP1ToHTTPServerCodec.self) {
            try? context.pipeline.syncOperations.addHandler(CheckHost(hosts), position: .before(codec))
        }
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard counted == nil, arrival == nil else { return }
        let address = context.remoteAddress?.ipAddress ?? ""
        guard counts.take(address, most: limits.perAddress) else { return context.close(promise: nil) }
        counted = address
        expectRequest(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        arrival?.cancel()
        reading?.cancel()
        if let counted { counts.giveBack(counted) }
        counted = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            if unanswered > limits.pipelined { return context.close(promise: nil) }
            expectRequest(context)
        case .body: break
        case .end: arrival?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered -= 1
            expectRequest(context)
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        reading?.cancel()
        if !context.channel.isWritable { reading = closing(context) }
        context.fireChannelWritabilityChanged()
    }

    private func expectRequest(_ context: ChannelHandlerContext) {
        arrival?.cancel()
        arrival = closing(context)
    }

    private func closing(_ context: ChannelHandlerContext) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: limits.patience) { channel.close(promise: nil) }
    }
}

/// Refuses requests for another name than ours, with 421, before anything else looks at them.
private final class CheckHost: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let hosts: AllowedHosts
    private var hasRefused = false

    init(_ hosts: AllowedHosts) { self.hosts = hosts }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        guard case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let names = head.headers["host"]
        if head.uri.hasPrefix("/"), names.count == 1, hosts.allows(names[0]) { return context.fireChannelRead(data) }
        hasRefused = true
        let sentence =
            "this name is not served here: ask for the address that `espalier status` prints, or start the daemon with --url\n"
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(sentence.utf8.count)",
            "Connection": "close",
        ]
        context.write(
            wrapOutboundOut(.head(.init(version: head.version, status: .misdirectedRequest, headers: headers))),
            promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: sentence)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}

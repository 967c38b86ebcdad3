import Foundation

/// Where a server listens.
public struct ServerAddress: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        case unixSocket(String)
        case tcp(host: String, port: Int, hasTLS: Bool)
    }

    public let place: Place
    /// Before every path: empty, or `/ml/tracking`.
    public let prefix: String

    public init(place: Place, prefix: String) {
        self.place = place
        self.prefix = prefix
    }

    /// - Parameter url: without a password.
    public init?(url: String) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { return nil }
        let hasTLS = scheme == "https"
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        self.init(place: .tcp(host: name, port: parts.port ?? (hasTLS ? 443 : 80), hasTLS: hasTLS), prefix: path)
    }

    /// What it is called in `Host`.
    public var authority: String {
        switch place {
        case .unixSocket: return "localhost"
        case .tcp(let host, let port, let hasTLS):
            let name = host.contains(":") ? "[\(host)]" : host
            return port == (hasTLS ? 443 : 80) ? name : "\(name):\(port)"
        }
    }
}

import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Makes a 401 end its request. Otherwise FoundationNetworking (6.3.1) never ends a request whose answer asks for a
/// name and password, whatever its timeout is.
final class DeclineChallenges: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _: URLSession, task _: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        let asksForPassword = [NSURLAuthenticationMethodHTTPBasic, NSURLAuthenticationMethodHTTPDigest]
            .contains(challenge.protectionSpace.authenticationMethod)
        completionHandler(asksForPassword ? .cancelAuthenticationChallenge : .performDefaultHandling, nil)
    }

    /// Follows a redirection. To another server it takes nothing along that might be a secret.
    func urlSession(
        _: URLSession, task: URLSessionTask, willPerformHTTPRedirection _: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        var request = request
        if let from = task.originalRequest?.url, let to = request.url, !isSameServer(from, to) {
            for name in (request.allHTTPHeaderFields ?? [:]).keys
            where !["accept", "content-type", "user-agent"].contains(name.lowercased()) {
                request.setValue(nil, forHTTPHeaderField: name)
            }
        }
        completionHandler(request)
    }

    private func isSameServer(_ one: URL, _ other: URL) -> Bool {
        (one.scheme?.lowercased(), one.host?.lowercased(), one.port)
            == (other.scheme?.lowercased(), other.host?.lowercased(), other.port)
    }
}

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
}

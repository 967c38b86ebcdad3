import Foundation
import Hummingbird

/// All routes: pages, JSON under `/api`, logs, and the assets of pages.
///
/// - Parameter now: the clock for relative times such as "5 min ago".
func makeRouter(
    answers: any Answers, now: @escaping @Sendable () -> Date
) -> Router<BasicRequestContext> {
    let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: AddSecurityHeaders())
    router.add(middleware: AnswerErrors())
    router.get("healthz") { _, _ in Response(.plain, "ok") }
    serveAssets(router)
    ServeAPI(answers: answers).add(to: router.group("api"))
    ServeLogs(answers: answers).add(to: router)
    ServePages(answers: answers, now: now).add(Page.all, to: router)
    return router
}

private func serveAssets(_ router: Router<BasicRequestContext>) {
    for (path, type, text) in [
        ("style.css", ContentType.style, stylesheet), ("live.js", .script, liveScript), ("icon.svg", .icon, icon),
    ] {
        router.get(RouterPath(path)) { _, _ in
            var response = Response(type, text)
            response.headers[.cacheControl] = "public, max-age=300"
            return response
        }
    }
}

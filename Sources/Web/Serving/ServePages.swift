import Foundation
import Hummingbird

/// The pages for people.
struct ServePages: Sendable {
    let answers: any Answers
    let now: @Sendable () -> Date

    func add(_ pages: [Page], to router: Router<BasicRequestContext>) {
        for page in pages {
            router.get(RouterPath(page.path)) { request, context in
                let request = PageRequest(http: request, context: context, answers: answers, now: now())
                let content = try await page.content(request)
                return Response(.page, try PageRenderer.shared.get().document(page, content))
            }
        }
    }
}

import Foundation
import Hummingbird

/// The pages for people.
struct ServePages: Sendable {
    let answers: any Answers
    let renderer: PageRenderer
    let now: @Sendable () -> Date

    func add(_ pages: [Page], to router: Router<BasicRequestContext>) {
        for page in pages {
            router.get(RouterPath(page.path)) { request, context in
                let request = PageRequest(http: request, context: context, answers: answers, now: now())
                return Response(.page, renderer.document(page, try await page.content(request)))
            }
        }
    }
}

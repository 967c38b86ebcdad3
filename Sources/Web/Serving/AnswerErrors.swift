import Hummingbird
import Logging

/// Turns errors into responses, for every route: JSON under `/api`, a page elsewhere. Both contain one
/// sentence; internal details are only logged.
struct AnswerErrors<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return try response(to: request, error.status, error.body ?? sentence(error.status, request))
        } catch {
            context.logger.error("cannot answer \(request.method) \(request.uri.path): \(error)")
            return try response(
                to: request, .internalServerError, "this could not be answered; the daemon's log says why")
        }
    }

    private func response(to request: Request, _ status: HTTPResponse.Status, _ sentence: String) throws -> Response {
        if request.uri.path.hasPrefix("/api") {
            return try Response(json: ["error": sentence], status: status)
        }
        let error = ErrorContent(status: status.code, phrase: status.reasonPhrase, sentence: sentence)
        return Response(.page, try PageRenderer.shared.get().document(error), status: status)
    }

    private func sentence(_ status: HTTPResponse.Status, _ request: Request) -> String {
        status == .notFound ? "there is nothing at \(request.uri.path)" : status.reasonPhrase
    }
}

import Home
import Projects

extension DaemonError {
    /// `there is no step 'trian'; did you mean 'train'?`
    package static func unknown(_ kind: String, _ name: String, known: [String]) -> DaemonError {
        .refused(
            "there is no \(kind) '\(name)'; "
                + (nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                    ?? "known: \(known.joined(separator: ", "))"))
    }
}

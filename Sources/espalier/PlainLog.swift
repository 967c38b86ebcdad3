import Logging
import Projects

/// A log on standard error in which every message is shown as it is: what it quotes makes no line of its own and commands no terminal.
struct PlainLog: LogHandler {
    private var stream: StreamLogHandler

    init(label: String) { stream = StreamLogHandler.standardError(label: label) }

    var logLevel: Logger.Level {
        get { stream.logLevel }
        set { stream.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { stream.metadata }
        set { stream.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { stream[metadataKey: key] }
        set { stream[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        var event = event
        let lines = plainText("\(event.message)").split(separator: "\n", omittingEmptySubsequences: false)
        event.message = "\(lines.joined(separator: "\n    | "))"
        event.metadata = event.metadata.map(plain)
        stream.log(event: event)
    }

    private func plain(_ metadata: Logger.Metadata) -> Logger.Metadata {
        metadata.mapValues { .string(plainText("\($0)", isOneLine: true)) }
    }
}

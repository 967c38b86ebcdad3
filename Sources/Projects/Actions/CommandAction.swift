import Formats

/// `run: COMMAND`: runs a shell command.
package struct CommandAction: ActionKind {
    package static let tag = "run"
    package static let key: ActionKey? = ActionKey("run", .string, "shell command") { value, _, _ in
        value.text.map(Self.init(command:))
    }

    package let command: String

    package init(command: String) {
        self.command = command
    }

    private enum CodingKeys: String, CodingKey { case command }

    package var sentence: String { command }
    package var isCommand: Bool { true }
    package var reuse: ActionReuse { .keyed(["command": command]) }
    package var readsIncumbent: Bool { true }
    package var onDatabricks: DatabricksTask { .command(command) }

    package func command(_ action: (String) -> Action?) -> String? { command }
}

extension Action {
    public static func run(command: String) -> Action { Action(CommandAction(command: command)) }
}

import Formats

/// A way to tell people: everything about it but how it delivers, which a table of the room `Telling` says.
///
/// A new way is a file in this folder, a line in `Channel.ways`, and a line in that table.
package protocol ChannelWay: TaggedValue {
    /// The key of a channel that asks for it, with the shape of its value and what it is for.
    static var field: Shape.Field { get }
    /// The way with its article, for messages: `a webhook`.
    static var noun: String { get }

    /// To whom a message goes, each on its own: one that is refused keeps it from nobody else. One empty text where nobody is
    /// named.
    var recipients: [String] { get }

    /// - Parameter node: the value of the key, of the field's shape; `nil` when it is not usable, which `problems` says.
    init?(_ node: Node)

    /// What is wrong with the value of the key.
    static func problems(_ node: Node, key: String) -> [Problem]
}

extension ChannelWay {
    package init(format1 decoder: any Decoder) throws { try self.init(unlabelled: decoder) }
}

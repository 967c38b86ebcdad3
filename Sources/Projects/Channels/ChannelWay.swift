import Formats

/// A way of delivery: everything about it except how it delivers, which is in a table in `Telling`.
///
/// A new way needs a file in this folder, a line in `Channel.ways`, and a line in that table.
package protocol ChannelWay: TaggedValue {
    /// The key of a channel that selects it, with the shape of its value and its purpose.
    static var field: Shape.Field { get }
    /// The way with its article, for messages: `a webhook`.
    static var noun: String { get }

    /// The recipients of a message. Each gets it separately, so that one refusal does not affect the others. One empty
    /// text if the way names no recipients.
    var recipients: [String] { get }

    /// - Parameter node: the value of the key, already of the field's shape. The result is `nil` if it is not usable;
    ///   `problems` says why.
    init?(_ node: Node)

    /// What is wrong with the value of the key.
    static func problems(_ node: Node, key: String) -> [Problem]
}

extension ChannelWay {
    package init(format1 decoder: any Decoder) throws { try self.init(unlabelled: decoder) }
}

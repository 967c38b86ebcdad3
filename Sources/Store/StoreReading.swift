import Foundation
import GRDB

/// What can read the store: `Store`, which also writes, and `StoreReader`, which cannot.
///
/// All queries are extensions of this protocol and all writes are extensions of `Store`. Code that is given
/// `any StoreReading` cannot write.
public protocol StoreReading: Sendable {
    var door: ReadingDoor { get }
}

/// The open file, for queries in this target. Other targets cannot look inside, so they cannot write through it.
public struct ReadingDoor: Sendable {
    let reader: any DatabaseReader
}

extension StoreReading {
    var reader: any DatabaseReader { door.reader }
}

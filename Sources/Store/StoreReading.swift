import Foundation
import GRDB

/// Read access to the store. `Store` can also write; `StoreReader` cannot.
///
/// All queries are extensions of this protocol; all writes are extensions of `Store`. Code that gets `any StoreReading`
/// cannot write.
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

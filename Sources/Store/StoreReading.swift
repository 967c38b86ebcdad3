import Foundation
import GRDB

/// Read access to the store: `Store`, which also writes, and `StoreReader`, which cannot.
///
/// All queries are extensions of this protocol and all writes are extensions of `Store`. Code that is given `any
/// StoreReading` cannot write.
public protocol StoreReading: Sendable {
    var door: ReadingDoor { get }
}

/// The open file, for queries of this target only. Opaque elsewhere, so that nobody can make a writer from it.
public struct ReadingDoor: Sendable {
    let reader: any DatabaseReader
}

extension StoreReading {
    var reader: any DatabaseReader { door.reader }
}

import Foundation

/// The zones of this machine. The one place in the pure targets that reads files: they are no input of a decision but, as
/// those in Foundation, tables that it goes by; read once for each zone and program.
extension Zone {
    /// - Parameter name: an IANA name; nil when neither the machine nor Foundation knows it.
    public init?(named name: String) {
        guard let zone = SystemZones.shared.zone(named: name) else { return nil }
        self = zone
    }

    /// The names that people may mean, for hints.
    public static var names: [String] {
        let listed = (try? String(contentsOfFile: "\(SystemZones.folder)/tzdata.zi", encoding: .utf8)) ?? ""
        let words = listed.split(separator: "\n").map { $0.split(separator: " ") }
        // Lines `Z NAME …` define a zone, `L TARGET NAME` another name of one.
        let names = words.compactMap {
            $0.first == "Z" ? $0.dropFirst(1).first : $0.first == "L" ? $0.dropFirst(2).first : nil
        }
        return Set(names.map(String.init) + TimeZone.knownTimeZoneIdentifiers).sorted()
    }
}

private final class SystemZones: @unchecked Sendable {
    static let shared = SystemZones()

    /// As the C library has it.
    static var folder: String { ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo" }

    private let lock = NSLock()
    private var known: [String: Zone?] = [:]

    func zone(named name: String) -> Zone? {
        lock.withLock {
            if let found = known[name] { return found }
            let found = Self.read(name) ?? TimeZone(identifier: name).map { Zone($0) }
            known[name] = .some(found)
            return found
        }
    }

    /// Names begin with a capital; what does not (`posix/…`, `localtime`) are files for other uses.
    private static func read(_ name: String) -> Zone? {
        guard name.wholeMatch(of: /[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*/) != nil,
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)")
        else { return nil }
        return try? Zone(name: name, file: [UInt8](bytes))
    }
}

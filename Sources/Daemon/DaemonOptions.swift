import Following
import Home

/// Options for starting a daemon.
public struct DaemonOptions: Sendable {
    public var home: Home
    public var host: String
    /// 0 lets the system choose a port.
    public var port: UInt16
    /// How many steps run at once.
    public var slots: Int
    /// A Python with MLflow's server, for `registry: embedded`.
    public var mlflowPython: String
    /// Path of `espalier-minder`.
    public var minder: String
    /// Seconds between looks at all repositories.
    public var lookEvery: Int
    /// Seconds between fetches of remote repositories.
    public var fetchEvery: Int
    /// Seconds without any data until a Git server counts as unreachable.
    public var patience = GitServers().patience
    /// Public URL of the pages, with a trailing slash. Absent: the address that is served.
    public var publicAddress: String?
    public var keeping = Keeping()
    /// Called with the address of the pages once they can be requested.
    public var announce: @Sendable (String) -> Void = { _ in }

    public init(
        home: Home, host: String = "127.0.0.1", port: UInt16 = 8420, slots: Int = 2, mlflowPython: String,
        minder: String, lookEvery: Int = 60, fetchEvery: Int = 60
    ) {
        self.home = home
        self.host = host
        self.port = port
        self.slots = slots
        self.mlflowPython = mlflowPython
        self.minder = minder
        self.lookEvery = lookEvery
        self.fetchEvery = fetchEvery
    }
}

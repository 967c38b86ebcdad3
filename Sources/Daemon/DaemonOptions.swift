import Firing
import Following
import Home
import Promoting

/// How a daemon is started.
public struct DaemonOptions: Sendable {
    public var home: Home
    public var host: String
    /// 0 lets the system choose.
    public var port: UInt16
    /// Steps that run at once.
    public var slots: Int
    /// A Python with MLflow's server, for `registry: embedded`.
    public var mlflowPython: String
    /// Path of `espalier-minder`.
    public var minder: String
    /// Seconds between looks at everything.
    public var lookEvery: Int
    /// Seconds between fetches of remote repositories.
    public var fetchEvery: Int
    /// Seconds without a sign of life until a Git server counts as gone.
    public var patience = GitServers().patience
    /// Where others find the pages, with a slash at its end; the address that is served when absent.
    public var publicAddress: String?
    public var keeping = Keeping()
    /// Called with the address of the pages, once they can be asked for.
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

import Clibssl
import Foundation
import NIOCore
import Synchronization

/// TLS as a client, by OpenSSL. Trusts what the machine trusts.
final class TLSClient: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: OpaquePointer
    /// What the server sent and OpenSSL has not read yet; and what OpenSSL wants to send.
    private let received: OpaquePointer
    private let sending: OpaquePointer
    private let done: EventLoopPromise<Void>
    private var isDone = false
    private var waiting: [(ByteBuffer, EventLoopPromise<Void>?)] = []

    /// - Parameters:
    ///   - host: the name or address that the server's certificate has to have.
    ///   - done: succeeds once the server has proved who it is.
    init(host: String, done: EventLoopPromise<Void>) throws {
        self.done = done
        guard let connection = TrustedCertificates.connection(), let received = BIO_new(BIO_s_mem()),
            let sending = BIO_new(BIO_s_mem())
        else {
            let error = TLSError(description: "TLS cannot be set up: \(lastError())")
            done.fail(error)
            throw error
        }
        (self.connection, self.received, self.sending) = (connection, received, sending)
        SSL_set_bio(connection, received, sending)
        SSL_set_connect_state(connection)
        SSL_set_verify(connection, SSL_VERIFY_PEER, nil)
        if (try? SocketAddress(ipAddress: host, port: 0)) != nil {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host)
        } else {
            SSL_set1_host(connection, host)
            var name = Array(host.utf8CString)
            _ = SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), &name)
        }
    }

    deinit { SSL_free(connection) }

    func channelActive(context: ChannelHandlerContext) {
        shake(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(TLSError(description: "the server ended the connection during the TLS handshake"), context)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        bytes.withUnsafeReadableBytes { _ = BIO_write(received, $0.baseAddress, Int32($0.count)) }
        if !isDone { shake(context) }
        if isDone { read(context) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        guard isDone else { return waiting.append((bytes, promise)) }
        encrypt(bytes, context, promise)
    }

    private func shake(_ context: ChannelHandlerContext) {
        ERR_clear_error()
        let result = SSL_do_handshake(connection)
        send(context, nil)
        context.flush()
        if result == 1 {
            isDone = true
            done.succeed()
            for (bytes, promise) in waiting { encrypt(bytes, context, promise) }
            waiting = []
            context.flush()
        } else if SSL_get_error(connection, result) != SSL_ERROR_WANT_READ {
            fail(TLSError(description: reasonOfHandshake()), context)
        }
    }

    private func reasonOfHandshake() -> String {
        let verdict = SSL_get_verify_result(connection)
        guard verdict != X509_V_OK else { return "TLS failed: \(lastError())" }
        return "its certificate is not trusted (\(String(cString: X509_verify_cert_error_string(verdict)))); "
            + "install the issuer's certificate on this machine: update-ca-certificates"
    }

    private func read(_ context: ChannelHandlerContext) {
        var hasRead = false
        while true {
            var piece = context.channel.allocator.buffer(capacity: 1 << 15)
            ERR_clear_error()
            let count = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 15) { space in
                max(0, Int(SSL_read(connection, space.baseAddress, Int32(space.count))))
            }
            guard count > 0 else { break }
            hasRead = true
            context.fireChannelRead(wrapInboundOut(piece))
        }
        if hasRead { context.fireChannelReadComplete() }
        // Renegotiation and key updates.
        send(context, nil)
        context.flush()
        if SSL_get_shutdown(connection) & SSL_RECEIVED_SHUTDOWN != 0 { context.close(promise: nil) }
    }

    private func encrypt(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        ERR_clear_error()
        let isWritten = bytes.withUnsafeReadableBytes { bytes in
            // A memory BIO takes everything.
            bytes.isEmpty || SSL_write(connection, bytes.baseAddress, Int32(bytes.count)) == Int32(bytes.count)
        }
        guard isWritten else {
            promise?.fail(TLSError(description: "TLS failed: \(lastError())"))
            return context.close(promise: nil)
        }
        send(context, promise)
    }

    /// Hands on what OpenSSL wants to send.
    private func send(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let count = Int(BIO_ctrl_pending(sending))
        guard count > 0 else {
            promise?.succeed()
            return
        }
        var bytes = context.channel.allocator.buffer(capacity: count)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(0, Int(BIO_read(sending, space.baseAddress, Int32(count))))
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        done.fail(error)
        for (_, promise) in waiting { promise?.fail(error) }
        waiting = []
        context.close(promise: nil)
    }
}

struct TLSError: Error, CustomStringConvertible {
    let description: String
}

/// The certificates that the machine trusts. Reading them takes a while, so they are read once, and again when they change.
private enum TrustedCertificates {
    private static let bundle = "/etc/ssl/certs/ca-certificates.crt"
    // SAFETY: only used under the lock; OpenSSL counts its references.
    private struct Known: @unchecked Sendable {
        let context: OpaquePointer
        let written: Date?
    }
    private static let known = Mutex<Known?>(nil)

    /// A connection that trusts them.
    static func connection() -> OpaquePointer? {
        known.withLock { known in
            let written = try? FileManager.default.attributesOfItem(atPath: bundle)[.modificationDate] as? Date
            if known == nil || known?.written != written, let made = context(written == nil ? nil : bundle) {
                if let known { SSL_CTX_free(known.context) }
                known = Known(context: made, written: written)
            }
            return known.flatMap { SSL_new($0.context) }
        }
    }

    private static func context(_ bundle: String?) -> OpaquePointer? {
        guard let made = SSL_CTX_new(TLS_client_method()) else { return nil }
        SSL_CTX_set_default_verify_paths(made)
        if let bundle { SSL_CTX_load_verify_locations(made, bundle, nil) }
        _ = SSL_CTX_ctrl(made, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        return made
    }
}

private func lastError() -> String {
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(ERR_get_error(), &text, text.count)
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

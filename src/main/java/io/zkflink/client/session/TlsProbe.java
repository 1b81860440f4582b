// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.settings.SecuritySettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.common.NettyUtils;
import org.apache.zookeeper.common.SSLContextAndOptions;
import org.apache.zookeeper.common.X509Exception;
import org.apache.zookeeper.common.X509Util;

/**
 * Shakes hands with a server as ZooKeeper's client is about to, because that one logs a stack trace for each attempt
 * and tells nobody what was wrong. Thread-safe.
 */
final class TlsProbe {

    /** Any question would do: every server answers it, or says that it does not. */
    private static final byte[] QUESTION = "ruok".getBytes(StandardCharsets.US_ASCII);

    private static boolean nettyIsLoaded;

    private final SSLSocketFactory sockets;
    private final SSLParameters parameters;

    /**
     * @param config as {@link SecuritySettings.Tls#properties} and the user have left it
     * @throws ZooKeeperException if a file cannot be read, naming it and the options
     */
    TlsProbe(SecuritySettings.Tls tls, ZKClientConfig config) throws ZooKeeperException {
        loadNetty();
        try (ClientX509Util util = new ClientX509Util()) {
            check(tls.trustStore(), "truststore");
            check(tls.keyStore(), "keystore");
            SSLContextAndOptions options = util.createSSLContextAndOptions(config);
            sockets = options.getSSLContext().getSocketFactory();
            try (SSLSocket like = options.createSSLSocket()) {
                parameters = like.getSSLParameters();
            }
            if (util.isServerHostnameVerificationEnabled(config)) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
        } catch (X509Exception | IOException | RuntimeException e) {
            throw e instanceof ZooKeeperException known
                    ? known
                    : new ZooKeeperException(
                            Failure.AUTHENTICATION_FAILED,
                            "TLS cannot be set up: " + innermost(e).getMessage());
        }
    }

    /**
     * Netty ends its threads seconds after a client was closed, and so perhaps after the job's class loader was: what
     * they need then has to be loaded before.
     */
    private static synchronized void loadNetty() {
        if (!nettyIsLoaded) {
            EventLoopGroup once = NettyUtils.newNioOrEpollEventLoopGroup(1);
            once.submit(() -> PooledByteBufAllocator.DEFAULT.directBuffer().release())
                    .syncUninterruptibly();
            ChannelFuture opened = new Bootstrap()
                    .group(once)
                    .channel(NettyUtils.nioOrEpollSocketChannel())
                    .handler(new ChannelInboundHandlerAdapter())
                    .register()
                    .syncUninterruptibly();
            opened.channel().close().syncUninterruptibly();
            once.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS).syncUninterruptibly();
            nettyIsLoaded = true;
        }
    }

    private static void check(SecuritySettings.Store store, String kind) throws ZooKeeperException {
        if (store == null) {
            return;
        }
        try {
            if (kind.equals("keystore")) {
                X509Util.createKeyManager(
                        store.location(), store.passwordOrEmpty(), store.type().name());
            } else {
                X509Util.loadTrustStore(
                        store.location(), store.passwordOrEmpty(), store.type().name());
            }
        } catch (IOException | GeneralSecurityException | X509Exception | RuntimeException e) {
            Throwable cause = e instanceof X509Exception ? e.getCause() : e;
            throw new ZooKeeperException(
                    Failure.AUTHENTICATION_FAILED,
                    String.format(
                            "The file '%s' of 'ssl.%s.location' cannot be read as %s: %s (%s). It must exist on every"
                                    + " machine that runs Flink. Check it, 'ssl.%s.type' and 'ssl.%s.password'.",
                            store.location(),
                            kind,
                            store.type(),
                            cause.getMessage(),
                            cause.getClass().getSimpleName(),
                            kind,
                            kind));
        }
    }

    /** Shakes hands over a connection, which is closed with that. */
    void handshake(Socket connection, InetSocketAddress server, int timeoutMillis) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) sockets.createSocket(connection, server.getHostString(), server.getPort(), true)) {
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(timeoutMillis);
            socket.startHandshake();
            // With TLS 1.3 a server tells only now that it does not trust the client.
            ask(socket);
            int ignored = socket.getInputStream().read();
            awaitEnd(socket);
        } catch (SSLException e) {
            throw refusal(e);
        }
    }

    private static void ask(SSLSocket socket) {
        try {
            socket.getOutputStream().write(QUESTION);
            socket.getOutputStream().flush();
        } catch (IOException e) {
            // The server has closed the connection; why stands in what it has sent.
        }
    }

    /** Lets the server close the connection, so that it counts it no more. */
    private static void awaitEnd(SSLSocket socket) {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // It has answered.
        }
    }

    /** Why no handshake was possible: by the type of the cause, or by the name that TLS has for the server's alert. */
    static IOException refusal(SSLException failure) {
        Throwable cause = innermost(failure);
        String reason = String.valueOf(cause.getMessage());
        if (cause instanceof CertificateExpiredException) {
            return new Refusal("the server's certificate, or that of who signed it, has expired (" + reason
                    + "); renew it at the server");
        }
        if (cause instanceof CertificateNotYetValidException) {
            return new Refusal("the server's certificate, or that of who signed it, is not valid yet (" + reason
                    + "); check the clocks of both machines");
        }
        if (cause instanceof CertPathBuilderException
                || cause instanceof CertPathValidatorException
                || cause instanceof InvalidAlgorithmParameterException) {
            return new Refusal("the server's certificate is not trusted (" + reason
                    + "); check 'ssl.truststore.location', which must hold it or who signed it");
        }
        // What verifies names has no type of its own.
        if (cause.getClass() == CertificateException.class || cause instanceof SSLPeerUnverifiedException) {
            return new Refusal("the server's certificate is for another host (" + reason
                    + "); use the name that it is for in 'connect-string', or set 'ssl.hostname-verification' to"
                    + " 'false'");
        }
        if (reason.contains("certificate_expired")) {
            return new Refusal("the server refused the TLS handshake (" + reason
                    + "): this client's certificate has expired; renew the one in 'ssl.keystore.location'");
        }
        if (reason.contains("fatal alert")) {
            return new Refusal("the server refused the TLS handshake (" + reason
                    + "); check 'ssl.keystore.location', which must hold a certificate that the server trusts");
        }
        return new IOException("no TLS handshake was possible (" + reason
                + "); check that the port is the server's 'secureClientPort', or remove the 'ssl.*' options");
    }

    /** Trying again with the same files will not help. */
    static final class Refusal extends IOException {
        private static final long serialVersionUID = 1L;

        Refusal(String message) {
            super(message);
        }
    }

    private static Throwable innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}

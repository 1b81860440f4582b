// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.settings.Secret;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.proto.GetSASLRequest;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;
import org.apache.zookeeper.proto.SetSASLResponse;

/**
 * ZooKeeper's client, which can leave its session as it is, and with one more request, that which carries a SASL token.
 *
 * <p>The stock client does SASL, too, but takes the credentials from the JVM's only JAAS configuration, which belongs
 * to Flink and to everybody else in the process, and keeps the server's verdict to itself.
 */
final class RawZooKeeper extends ZooKeeper {

    RawZooKeeper(String connectString, int sessionTimeout, Watcher watcher, HostProvider hosts, ZKClientConfig config)
            throws IOException {
        super(connectString, sessionTimeout, watcher, false, hosts, config);
    }

    /** Goes on with a session. */
    RawZooKeeper(
            String connectString,
            int sessionTimeout,
            Watcher watcher,
            SessionIdentity session,
            HostProvider hosts,
            ZKClientConfig config)
            throws IOException {
        super(
                connectString,
                sessionTimeout,
                watcher,
                session.id(),
                Base64.getDecoder().decode(session.password().value()),
                false,
                hosts,
                config);
    }

    /** Who the server takes this client for; on the event thread, once it is connected. */
    SessionIdentity identity() {
        return new SessionIdentity(
                getSessionId(), new Secret(Base64.getEncoder().encodeToString(getSessionPasswd())));
    }

    /** The newest zxid of all replies and events. */
    long lastZxid() {
        return cnxn.getLastZxid();
    }

    /** Ends this client, and its threads, without a word to the server; waits for the one that sends. */
    void detach() {
        cnxn.disconnect();
    }

    /** Waits for the end of the threads of a client that has been closed or detached. */
    void awaitEnd(Duration longest) throws InterruptedException {
        testableWaitForShutdown((int) longest.toMillis());
    }

    /**
     * Sends a token. The server answers it out of turn, so nothing else may be in flight on the connection.
     *
     * @return the server's token, null for none; fails with {@link KeeperException}
     */
    CompletableFuture<byte[]> sendToken(byte[] token) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        SetSASLResponse response = new SetSASLResponse();
        AsyncCallback.VoidCallback callback = (rc, path, ctx) -> {
            KeeperException.Code code = Failure.code(rc);
            if (code == KeeperException.Code.OK) {
                result.complete(response.getToken());
            } else {
                result.completeExceptionally(KeeperException.create(code));
            }
        };
        RequestHeader header = new RequestHeader();
        header.setType(ZooDefs.OpCode.sasl);
        cnxn.queuePacket(header, new ReplyHeader(), new Token(token), response, callback, null, null, null, null);
        return result;
    }

    /** Says nothing of itself, since the client logs the requests that it has sent. */
    private static final class Token extends GetSASLRequest {
        Token(byte[] token) {
            super(token);
        }

        @Override
        public String toString() {
            return "SASL token";
        }
    }
}

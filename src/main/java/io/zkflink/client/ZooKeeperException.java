// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.zookeeper.KeeperException;

/** A request, or a whole session, that failed; the message names the address or path and says what to do. */
@PublicEvolving
public class ZooKeeperException extends IOException {

    private static final long serialVersionUID = 1L;

    private final Failure failure;

    public ZooKeeperException(Failure failure, String message) {
        super(message);
        this.failure = failure;
    }

    /**
     * What a server's or ZooKeeper's client's answer means.
     *
     * @param operation what was tried, as a verb
     * @param path as the user asked for it
     */
    public static ZooKeeperException of(KeeperException.Code code, String operation, String path) {
        return of(code, operation, path, "READ permission");
    }

    /**
     * What a server's or ZooKeeper's client's answer means.
     *
     * @param operation what was tried, as a verb
     * @param path as the user asked for it
     * @param permission what a denied user lacks
     */
    public static ZooKeeperException of(KeeperException.Code code, String operation, String path, String permission) {
        Failure failure = Failure.of(code);
        String message = "ZooKeeper could not " + operation + " '" + path + "': ";
        return new ZooKeeperException(
                failure,
                switch (failure) {
                    case NO_PERMISSION ->
                        message + "its ACL denies this user the " + permission + " (" + code
                                + "). Grant it, or connect as a user that has it ('auth.*', 'sasl.*' or a certificate in"
                                + " 'ssl.keystore.*').";
                    case AUTHENTICATION_FAILED ->
                        message + "the server requires authentication (" + code + ")."
                                + " Set 'auth.*' or 'sasl.*' as it demands.";
                    case UNSUPPORTED ->
                        message + "the server does not know this request (" + code + ")."
                                + " ZooKeeper 3.6 or newer is needed.";
                    default ->
                        code == KeeperException.Code.INVALIDACL
                                ? message + "the server does not accept the ACL that it was to have (" + code
                                        + "). 'creator' needs credentials ('auth.*', 'sasl.*' or a certificate in"
                                        + " 'ssl.keystore.*'); the ids of a list must be valid for their schemes."
                                : message + code + ".";
                });
    }

    /** None: it is made on the session's threads, whose frames tell a user nothing and fill the log. */
    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // changes nothing
    public Throwable fillInStackTrace() {
        return this;
    }

    public static ZooKeeperException closed() {
        return new ZooKeeperException(Failure.CLOSED, "The ZooKeeper client was closed.");
    }

    /** What a future failed with, without the wrapping of the stages it came through. */
    public static Throwable causeOf(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** What a future of the client failed with; anything but its own exceptions is a fault of the connector. */
    public static ZooKeeperException wrap(Throwable failure) {
        Throwable cause = causeOf(failure);
        return cause instanceof ZooKeeperException known
                ? known
                : new ZooKeeperException(Failure.OTHER, "A request to ZooKeeper failed: " + cause);
    }

    public Failure failure() {
        return failure;
    }
}

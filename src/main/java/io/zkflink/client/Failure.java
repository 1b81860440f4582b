// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import org.apache.flink.annotation.PublicEvolving;
import org.apache.zookeeper.KeeperException;

/** What a failed request means for whoever sent it. The only place where ZooKeeper's error codes are judged. */
@PublicEvolving
public enum Failure {
    /** The connection broke, or was never made; a read may be sent again. */
    CONNECTION_LOST,
    /** No server answered the first connect in time; nothing can be asked of this session any more. */
    UNREACHABLE,
    /** The session is gone with its watches and ephemeral znodes; a read may be sent again on the next one. */
    SESSION_EXPIRED,
    /** The credentials were refused; no request of this session can ever succeed. */
    AUTHENTICATION_FAILED,
    /** The ACL of the znode denies the request. */
    NO_PERMISSION,
    /** There is no such znode, or no parent to create one below. */
    NO_NODE,
    /** There is such a znode already. */
    NODE_EXISTS,
    /** The znode has another version than the write says. */
    BAD_VERSION,
    /** The znode has children and cannot be deleted. */
    NOT_EMPTY,
    /** The parent is ephemeral and cannot have children. */
    NO_CHILDREN_FOR_EPHEMERALS,
    /** The reply is larger than this client accepts. */
    REPLY_TOO_LARGE,
    /** The server does not know the request. */
    UNSUPPORTED,
    /** The ensemble has forgotten transactions that this connector has seen. */
    ENSEMBLE_BEHIND,
    /** The user of the client closed it. */
    CLOSED,
    /** Anything else: a bug of ours or of the server's. */
    OTHER;

    /** Whether the same request, sent again on this session or its successor, may meet with success. */
    public boolean isTransient() {
        return this == CONNECTION_LOST || this == SESSION_EXPIRED;
    }

    /** The code of an answer; servers may have ones that this client does not know. */
    public static KeeperException.Code code(int rc) {
        try {
            return KeeperException.Code.get(rc);
        } catch (IllegalArgumentException e) {
            return KeeperException.Code.SYSTEMERROR;
        }
    }

    public static Failure of(KeeperException.Code code) {
        return switch (code) {
            case CONNECTIONLOSS, OPERATIONTIMEOUT, REQUESTTIMEOUT, SESSIONMOVED, THROTTLEDOP -> CONNECTION_LOST;
            case SESSIONEXPIRED -> SESSION_EXPIRED;
            case AUTHFAILED, SESSIONCLOSEDREQUIRESASLAUTH -> AUTHENTICATION_FAILED;
            case NOAUTH -> NO_PERMISSION;
            case NONODE -> NO_NODE;
            case NODEEXISTS -> NODE_EXISTS;
            case BADVERSION -> BAD_VERSION;
            case NOTEMPTY -> NOT_EMPTY;
            case NOCHILDRENFOREPHEMERALS -> NO_CHILDREN_FOR_EPHEMERALS;
            case UNIMPLEMENTED -> UNSUPPORTED;
            default -> OTHER;
        };
    }
}

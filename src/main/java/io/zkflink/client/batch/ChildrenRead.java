// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** The names of the children of a znode. */
final class ChildrenRead extends Read<Optional<List<String>>> {
    /** Its length and one letter. */
    private static final int LEAST_BYTES_PER_CHILD = 5;

    private static final int MOST_BYTES_PER_CHILD = 300;

    ChildrenRead(String serverPath, String path, ReplySize size) {
        super(serverPath, path, size);
    }

    @Override
    String key() {
        // No znode has a name that ends with a slash, so this collides with no read of data.
        return serverPath + "/";
    }

    @Override
    Op op() {
        return Op.getChildren(serverPath);
    }

    @Override
    void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
        handle.getChildren(
                serverPath,
                false,
                (rc, ignored, ctx, names) ->
                        complete(rc, names == null ? null : new OpResult.GetChildrenResult(names), answered),
                null);
    }

    @Override
    Optional<List<String>> value(OpResult answer) {
        List<String> names = ((OpResult.GetChildrenResult) answer).getChildren();
        int bytes = HEADER_BYTES;
        for (String name : names) {
            bytes += Integer.BYTES + name.length();
        }
        size.measured(bytes);
        return Optional.of(names);
    }

    @Override
    Optional<List<String>> absent() {
        return Optional.empty();
    }

    @Override
    boolean isSurelyTooLarge(Stat stat, int replyLimit) {
        return HEADER_BYTES + (long) stat.getNumChildren() * LEAST_BYTES_PER_CHILD > replyLimit;
    }

    /** The names are not known, only how many. */
    @Override
    boolean isPerhapsTooLarge(Stat stat, int replyLimit) {
        return HEADER_BYTES + (long) stat.getNumChildren() * MOST_BYTES_PER_CHILD > replyLimit;
    }

    @Override
    String describe(Stat stat) {
        return "The list of the " + stat.getNumChildren() + " children of the znode '" + path + "'";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.jute.BinaryInputArchive;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** A znode with its data. */
final class DataRead extends Read<Optional<ZNode>> {
    DataRead(String serverPath, String path, ReplySize size) {
        super(serverPath, path, size);
    }

    @Override
    String key() {
        return serverPath;
    }

    @Override
    Op op() {
        return Op.getData(serverPath);
    }

    @Override
    void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
        send(handle, this, answered);
    }

    @Override
    Optional<ZNode> value(OpResult answer) {
        OpResult.GetDataResult found = (OpResult.GetDataResult) answer;
        // Each call copies.
        byte[] bytes = found.getData();
        byte[] data = bytes == null ? NO_DATA : bytes;
        size.measured(HEADER_BYTES + STAT_BYTES + data.length);
        return Optional.of(new ZNode(path, data, convert(found.getStat())));
    }

    /** Asks for data and Stat. */
    static void send(ZooKeeper handle, Read<?> read, Consumer<KeeperException.Code> answered) {
        handle.getData(
                read.serverPath,
                false,
                (rc, ignored, ctx, data, stat) ->
                        read.complete(rc, stat == null ? null : new OpResult.GetDataResult(data, stat), answered),
                null);
    }

    @Override
    Optional<ZNode> absent() {
        return Optional.empty();
    }

    /** ZooKeeper's client has a second limit, for a single field, that only a system property can raise. */
    @Override
    boolean isSurelyTooLarge(Stat stat, int replyLimit) {
        return HEADER_BYTES + STAT_BYTES + stat.getDataLength() > replyLimit
                || stat.getDataLength() > 2L * BinaryInputArchive.maxBuffer;
    }

    @Override
    boolean isPerhapsTooLarge(Stat stat, int replyLimit) {
        return HEADER_BYTES + STAT_BYTES + stat.getDataLength() >= replyLimit;
    }

    @Override
    String describe(Stat stat) {
        return "The data of the znode '" + path + "' (" + stat.getDataLength() + " bytes)";
    }

    static ZNodeStat convert(Stat stat) {
        return new ZNodeStat(
                stat.getCzxid(),
                stat.getMzxid(),
                stat.getCtime(),
                stat.getMtime(),
                stat.getVersion(),
                stat.getCversion(),
                stat.getAversion(),
                stat.getEphemeralOwner(),
                stat.getDataLength(),
                stat.getNumChildren(),
                stat.getPzxid());
    }
}

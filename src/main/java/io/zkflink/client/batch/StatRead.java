// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** A read whose answer is a Stat, so that neither data nor children can make it too large. */
abstract sealed class StatRead<T> extends Read<T> {

    private StatRead(String serverPath, String path, ReplySize size) {
        super(serverPath, path, size);
    }

    /** Neither do names of children end with two. */
    @Override
    String key() {
        return serverPath + "//";
    }

    @Override
    Op op() {
        throw new IllegalStateException("No multi has an exists.");
    }

    @Override
    boolean fitsMulti() {
        return false;
    }

    @Override
    void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
        handle.exists(
                serverPath,
                false,
                (rc, ignored, ctx, stat) -> complete(rc, stat == null ? null : of(stat), answered),
                null);
    }

    /** The answer to whoever waits for the Stat. */
    static OpResult of(Stat stat) {
        return new OpResult.GetDataResult(null, stat);
    }

    @Override
    final boolean isSurelyTooLarge(Stat stat, int replyLimit) {
        return false;
    }

    @Override
    final boolean isPerhapsTooLarge(Stat stat, int replyLimit) {
        return false;
    }

    @Override
    final String describe(Stat stat) {
        return "The Stat of the znode '" + path + "'";
    }

    /** Whether there is a znode. */
    static final class Exists extends StatRead<Boolean> {

        Exists(String serverPath, String path, ReplySize size) {
            super(serverPath, path, size);
        }

        @Override
        Boolean value(OpResult answer) {
            size.measured(HEADER_BYTES + STAT_BYTES);
            return true;
        }

        @Override
        Boolean absent() {
            return false;
        }
    }

    /** A znode without its data, which is transferred only where that is cheaper than a request that leaves it out. */
    static final class StatOnly extends StatRead<Optional<ZNode>> {

        private final DataLengths lengths;
        private boolean isLarge;

        StatOnly(String serverPath, String path, ReplySize size, DataLengths lengths) {
            super(serverPath, path, size);
            this.lengths = lengths;
        }

        @Override
        void prepare() {
            isLarge = lengths.isLarge(path);
        }

        /** As that of {@link Exists} or of {@link DataRead}, whose answers are answers to this. */
        @Override
        String key() {
            return isLarge ? super.key() : serverPath;
        }

        @Override
        Op op() {
            return Op.getData(serverPath);
        }

        @Override
        boolean fitsMulti() {
            return !isLarge;
        }

        @Override
        void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
            if (isLarge) {
                super.send(handle, answered);
            } else {
                DataRead.send(handle, this, answered);
            }
        }

        @Override
        Optional<ZNode> value(OpResult answer) {
            OpResult.GetDataResult found = (OpResult.GetDataResult) answer;
            ZNodeStat stat = DataRead.convert(found.getStat());
            lengths.learn(path, stat.dataLength());
            if (!isLarge) {
                size.measured(HEADER_BYTES + STAT_BYTES + stat.dataLength());
            }
            return Optional.of(new ZNode(path, NO_DATA, stat));
        }

        @Override
        Optional<OpResult> answeredBy(Stat stat) {
            return Optional.of(of(stat));
        }

        @Override
        Optional<ZNode> absent() {
            return Optional.empty();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.apache.flink.annotation.Internal;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/** Writes as a {@code multi}: what is sent to ZooKeeper's client, and what the answer to it means. */
@Internal
public final class MultiWrite {

    private MultiWrite() {}

    /** The writes as ZooKeeper's client wants them. */
    public static List<Op> ops(List<ZNodeWrite> writes, UnaryOperator<String> serverPath) {
        List<Op> ops = new ArrayList<>(writes.size());
        for (ZNodeWrite write : writes) {
            ops.add(op(write, serverPath.apply(write.path())));
        }
        return ops;
    }

    private static Op op(ZNodeWrite write, String serverPath) {
        if (write instanceof ZNodeWrite.Create create) {
            org.apache.zookeeper.CreateMode mode = create.mode().zooKeepers();
            return mode.isTTL()
                    ? Op.create(serverPath, create.data(), create.acl().zooKeepers(), mode, create.ttlMillis())
                    : Op.create(serverPath, create.data(), create.acl().zooKeepers(), mode);
        }
        if (write instanceof ZNodeWrite.SetData set) {
            return Op.setData(serverPath, set.data(), set.version());
        }
        if (write instanceof ZNodeWrite.Delete delete) {
            return Op.delete(serverPath, delete.version());
        }
        return Op.check(serverPath, ((ZNodeWrite.Check) write).version());
    }

    /** Completes the result by what came of a {@code multi}. */
    public static void answered(
            List<ZNodeWrite> writes, int rc, List<OpResult> results, CompletableFuture<WriteResult> result) {
        KeeperException.Code code = Failure.code(rc);
        if (code == KeeperException.Code.OK && results != null && results.size() == writes.size()) {
            result.complete(new WriteResult(Optional.empty(), created(results)));
            return;
        }
        for (int i = 0; results != null && i < results.size(); i++) {
            int error = results.get(i) instanceof OpResult.ErrorResult refused ? refused.getErr() : 0;
            if (error != 0) {
                refused(i, refused(writes.get(i), Failure.code(error)), result);
                return;
            }
        }
        // ZooKeeper's client says OK of a reply that it could not read to its end.
        KeeperException.Code failed = code == KeeperException.Code.OK ? KeeperException.Code.CONNECTIONLOSS : code;
        result.completeExceptionally(refused(writes.get(0), failed));
    }

    /**
     * What is wrong with the session rather than with a write is told as such, whichever write the server met it at.
     */
    private static void refused(int index, ZooKeeperException cause, CompletableFuture<WriteResult> result) {
        if (cause.failure().isTransient() || cause.failure() == Failure.AUTHENTICATION_FAILED) {
            result.completeExceptionally(cause);
        } else {
            result.complete(WriteResult.refused(new WriteRefusal(index, cause)));
        }
    }

    /** The names alone, since the paths are sometimes told with the chroot and sometimes without. */
    private static List<String> created(List<OpResult> results) {
        List<String> names = new ArrayList<>();
        for (OpResult result : results) {
            if (result instanceof OpResult.CreateResult made) {
                names.add(made.getPath().substring(made.getPath().lastIndexOf('/') + 1));
            }
        }
        return names;
    }

    private static ZooKeeperException refused(ZNodeWrite write, KeeperException.Code code) {
        return ZooKeeperException.of(code, verb(write), write.path(), permission(write));
    }

    /** What a user lacks who is denied it. */
    private static String permission(ZNodeWrite write) {
        if (write instanceof ZNodeWrite.Create) {
            return "CREATE permission on its parent";
        }
        if (write instanceof ZNodeWrite.Delete) {
            return "DELETE permission on its parent";
        }
        return write instanceof ZNodeWrite.SetData ? "WRITE permission" : "READ permission";
    }

    /** What was tried, as a verb. */
    private static String verb(ZNodeWrite write) {
        if (write instanceof ZNodeWrite.Create) {
            return "create";
        }
        if (write instanceof ZNodeWrite.Delete) {
            return "delete";
        }
        return write instanceof ZNodeWrite.SetData ? "set" : "check";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** What ZooKeeper's own client can do at its best: many operations per request, and several requests in flight. */
final class RawClient {

    private static final int READS_IN_FLIGHT = 2;
    private static final int WRITES_IN_FLIGHT = 8;

    private RawClient() {}

    /** Reads the data of all grandchildren of a znode. */
    static void read(ZooKeeper zk, String root, int opsPerRequest) throws Exception {
        List<Op> lists = new ArrayList<>();
        for (String name : zk.getChildren(root, false)) {
            lists.add(Op.getChildren(root + "/" + name));
        }
        List<Op> reads = new ArrayList<>();
        for (List<Op> some : parts(lists, opsPerRequest)) {
            List<OpResult> results = zk.multi(some);
            for (int i = 0; i < results.size(); i++) {
                for (String name : ((OpResult.GetChildrenResult) results.get(i)).getChildren()) {
                    reads.add(Op.getData(some.get(i).getPath() + "/" + name));
                }
            }
        }
        send(zk, parts(reads, opsPerRequest), READS_IN_FLIGHT);
    }

    /** Creates znodes below a root, their names numbers from 1. */
    static void create(ZooKeeper zk, String root, int count, int bytes, int opsPerRequest) throws Exception {
        byte[] payload = new byte[bytes];
        IntFunction<Op> creation =
                row -> Op.create(root + "/" + row, payload, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        write(zk, creation, count, opsPerRequest, WRITES_IN_FLIGHT);
    }

    /** Carries out operations that are numbered from 1. */
    static void write(ZooKeeper zk, IntFunction<Op> op, int count, int opsPerRequest, int inFlight) throws Exception {
        List<List<Op>> requests = new ArrayList<>();
        for (int from = 1; from <= count; from += opsPerRequest) {
            List<Op> request = new ArrayList<>(opsPerRequest);
            for (int i = from; i <= Math.min(count, from + opsPerRequest - 1); i++) {
                request.add(op.apply(i));
            }
            requests.add(request);
        }
        send(zk, requests, inFlight);
    }

    private static void send(ZooKeeper zk, List<List<Op>> requests, int most) throws Exception {
        Semaphore inFlight = new Semaphore(most);
        int[] failure = new int[1];
        AsyncCallback.MultiCallback answered = (code, path, context, results) -> {
            failure[0] = code == 0 ? failure[0] : code;
            inFlight.release();
        };
        for (List<Op> request : requests) {
            inFlight.acquire();
            zk.multi(request, answered, null);
        }
        inFlight.acquire(most);
        if (failure[0] != 0) {
            throw KeeperException.create(KeeperException.Code.get(failure[0]));
        }
    }

    private static List<List<Op>> parts(List<Op> ops, int size) {
        List<List<Op>> parts = new ArrayList<>();
        for (int from = 0; from < ops.size(); from += size) {
            parts.add(ops.subList(from, Math.min(ops.size(), from + size)));
        }
        return parts;
    }
}

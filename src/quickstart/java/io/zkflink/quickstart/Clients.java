// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;

/** Plain Curator clients, as any program outside Flink would have. */
final class Clients {

    private static final int CONNECT_SECONDS = 5;
    private static final int SESSION_MILLIS = 10_000;
    private static final int RETRY_MILLIS = 500;

    private Clients() {}

    static CuratorFramework connect(String server) throws IOException, InterruptedException {
        CuratorFramework client = CuratorFrameworkFactory.newClient(
                server, SESSION_MILLIS, CONNECT_SECONDS * 1_000, new RetryOneTime(RETRY_MILLIS));
        client.start();
        if (!client.blockUntilConnected(CONNECT_SECONDS, TimeUnit.SECONDS)) {
            client.close();
            throw new IOException("No ZooKeeper server answers at '" + server + "' within " + CONNECT_SECONDS
                    + " s: start one there, or leave -Dzk out to use an embedded one.");
        }
        return client;
    }

    static void requireServer(String server) throws IOException, InterruptedException {
        connect(server).close();
    }
}

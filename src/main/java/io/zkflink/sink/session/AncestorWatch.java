// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.path.ZNodePath;

/**
 * One recursive watch on the nearest common ancestor of some paths; it moves up when a path is added that lies
 * elsewhere. What changes while a new watch is put in place is not reported: its listener hears when it is {@linkplain
 * WatchListener#established established}. Owned by one thread.
 */
final class AncestorWatch {

    private final ZooKeeperClient client;
    private final WatchListener listener;
    /** Null before there is a path. */
    private String root;

    private ZooKeeperClient.Watch watch;

    AncestorWatch(ZooKeeperClient client, WatchListener listener) {
        this.client = client;
        this.listener = listener;
    }

    /** Watches all that is below a path, too. */
    void cover(String path) {
        if (root != null && ZNodePath.isAtOrBelow(path, root)) {
            return;
        }
        root = root == null ? path : commonAncestor(root, path);
        ZooKeeperClient.Watch narrower = watch;
        watch = client.watch(root, listener);
        if (narrower != null) {
            narrower.close();
        }
    }

    private static String commonAncestor(String one, String other) {
        String ancestor = one;
        while (!ZNodePath.isAtOrBelow(other, ancestor)) {
            ancestor = ZNodePath.parent(ancestor);
        }
        return ancestor;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import java.io.IOException;
import java.util.Map;

/** What a {@link ZNodeMirror} knows at one time; immutable. */
sealed interface MirrorState {

    /** The session in use; null for none. */
    ZooKeeperClient client();

    /**
     * What is there, by path; null if it is not known yet.
     *
     * @throws IOException why it is not known
     */
    Map<String, ZNode> znodes() throws IOException;

    /**
     * Whether what is known of a znode is as new as what a server says.
     *
     * @param there null for none
     */
    default boolean isAsNew(String path, ZNode there) {
        return there == null;
    }

    /**
     * The subtree is being read.
     *
     * @param unreachable why the last session did not find a server; null if it did, or if this is the first
     */
    record Reading(ZooKeeperClient client, ZooKeeperException unreachable) implements MirrorState {

        Reading with(ZooKeeperClient opened) {
            return new Reading(opened, unreachable);
        }

        @Override
        public Map<String, ZNode> znodes() throws IOException {
            if (unreachable != null) {
                throw unreachable;
            }
            return null;
        }
    }

    /**
     * The subtree has been read.
     *
     * @param outdated why it may not be answered any more; null if it may
     */
    record Complete(ZooKeeperClient client, Map<String, ZNode> known, String outdated) implements MirrorState {

        @Override
        public Map<String, ZNode> znodes() throws IOException {
            if (outdated != null) {
                throw new IOException(outdated);
            }
            return known;
        }

        @Override
        public boolean isAsNew(String path, ZNode there) {
            ZNode here = known.get(path);
            if (here == null || there == null) {
                return here == null && there == null;
            }
            return here.stat().czxid() == there.stat().czxid()
                    && here.stat().mzxid() >= there.stat().mzxid();
        }
    }

    /** Reading has failed for another reason than that no server answers; it is begun again for whoever asks. */
    record Failed(IOException cause) implements MirrorState {

        @Override
        public ZooKeeperClient client() {
            return null;
        }

        @Override
        public Map<String, ZNode> znodes() throws IOException {
            throw cause;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.FakeZooKeeper;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AncestorWatchTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final List<String> heard = new ArrayList<>();

    @Test
    void oneWatchCoversAllPaths() {
        AncestorWatch watch = new AncestorWatch(zk, new Recorder());
        watch.cover("/a/b/c");
        watch.cover("/a/b/c/d");
        assertThat(heard).containsExactly("established");
        zk.create("/a/b/c/x", "");
        zk.create("/a/b/x", "");
        assertThat(heard).containsExactly("established", "/a/b/c", "/a/b/c/x");

        watch.cover("/a/bc");
        watch.cover("/a/b/c");
        heard.clear();
        zk.delete("/a/b/x");
        zk.create("/b", "");
        assertThat(heard).containsExactly("/a/b/x deleted");

        watch.cover("/");
        heard.clear();
        zk.delete("/b");
        assertThat(heard).containsExactly("/b deleted");
        assertThat(zk.watchCount()).isEqualTo(1);
    }

    private final class Recorder implements WatchListener {
        @Override
        public void established() {
            heard.add("established");
        }

        @Override
        public void changed(String path, long zxid) {
            heard.add(path);
        }

        @Override
        public void deleted(String path, long zxid) {
            heard.add(path + " deleted");
        }

        @Override
        public void lost() {
            heard.add("lost");
        }

        @Override
        public void failed(ZooKeeperException cause) {
            heard.add("failed");
        }
    }
}

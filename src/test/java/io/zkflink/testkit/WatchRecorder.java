// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperException;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes down what a watch reports, as {@code established}, {@code changed /path}, {@code lost},
 * {@code failed FAILURE}. Thread-safe.
 */
public class WatchRecorder implements WatchListener {

    private final List<String> heard = new ArrayList<>();
    private long lastZxid = -1;
    private ZooKeeperException failure;

    @Override
    public synchronized void established() {
        heard.add("established");
    }

    @Override
    public synchronized void changed(String path, long zxid) {
        heard.add("changed " + path);
        lastZxid = zxid;
    }

    @Override
    public synchronized void lost() {
        heard.add("lost");
    }

    @Override
    public synchronized void failed(ZooKeeperException cause) {
        heard.add("failed " + cause.failure());
        failure = cause;
    }

    public synchronized List<String> heard() {
        return List.copyOf(heard);
    }

    /** The zxid of the last change. */
    public synchronized long lastZxid() {
        return lastZxid;
    }

    /** Why the watch failed, or null. */
    public synchronized ZooKeeperException failure() {
        return failure;
    }

    /** Waits until exactly this was heard, from the beginning. */
    public void awaitExactly(String... expected) {
        Await.untilAsserted("the watch reports " + List.of(expected), () -> assertThat(heard())
                .containsExactly(expected));
    }

    /** Waits until the last thing heard is this. */
    public void awaitLast(String expected) {
        Await.untilAsserted(
                "the watch reports " + expected, () -> assertThat(heard()).endsWith(expected));
    }
}

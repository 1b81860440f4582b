// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import io.zkflink.client.settings.InvalidSettingException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.apache.flink.annotation.PublicEvolving;

/** What kind of znode a write creates. */
@PublicEvolving
public enum CreateMode {
    PERSISTENT("persistent"),
    /** Deleted when the session that created it ends. */
    EPHEMERAL("ephemeral"),
    /** Deleted by the server some time after its last child was. */
    CONTAINER("container"),
    /** Deleted by the server when neither it nor its children changed for a while; only if the server allows that. */
    PERSISTENT_WITH_TTL("persistent-with-ttl"),
    /** Gets ten digits appended to its name that grow with every child of its parent. */
    PERSISTENT_SEQUENTIAL("persistent-sequential"),
    EPHEMERAL_SEQUENTIAL("ephemeral-sequential");

    /** The longest time to live that servers can store: 40 bits of milliseconds, nearly 35 years. */
    public static final long LONGEST_TTL_MILLIS = (1L << 40) - 1;

    private final String value;

    CreateMode(String value) {
        this.value = value;
    }

    /**
     * Refuses a time to live that no znode can have.
     *
     * @throws InvalidSettingException that names the option
     */
    public static Duration checkTtl(Duration ttl) {
        if (ttl.compareTo(Duration.ofMillis(1)) < 0 || ttl.compareTo(Duration.ofMillis(LONGEST_TTL_MILLIS)) > 0) {
            throw new InvalidSettingException(
                    "sink.ttl", ttl, "it must be between 1 ms and 12725 d; write it like '1 h'.");
        }
        return ttl;
    }

    /** The mode that options and rows spell so, if any. */
    public static Optional<CreateMode> of(String value) {
        return Arrays.stream(values()).filter(mode -> mode.value.equals(value)).findFirst();
    }

    public boolean isSequential() {
        return this == PERSISTENT_SEQUENTIAL || this == EPHEMERAL_SEQUENTIAL;
    }

    public boolean isEphemeral() {
        return this == EPHEMERAL || this == EPHEMERAL_SEQUENTIAL;
    }

    /** Whether znodes of both modes are written by the same kind of writer. */
    public boolean isOf(CreateMode other) {
        return isEphemeral() == other.isEphemeral() && isSequential() == other.isSequential();
    }

    /** As options and rows spell it. */
    @Override
    public String toString() {
        return value;
    }

    public org.apache.zookeeper.CreateMode zooKeepers() {
        return switch (this) {
            case PERSISTENT -> org.apache.zookeeper.CreateMode.PERSISTENT;
            case EPHEMERAL -> org.apache.zookeeper.CreateMode.EPHEMERAL;
            case CONTAINER -> org.apache.zookeeper.CreateMode.CONTAINER;
            case PERSISTENT_WITH_TTL -> org.apache.zookeeper.CreateMode.PERSISTENT_WITH_TTL;
            case PERSISTENT_SEQUENTIAL -> org.apache.zookeeper.CreateMode.PERSISTENT_SEQUENTIAL;
            case EPHEMERAL_SEQUENTIAL -> org.apache.zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL;
        };
    }
}

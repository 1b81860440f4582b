// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.CreateMode;
import io.zkflink.path.PathTemplate;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.time.Duration;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** Reads the options that say how to write. */
@Internal
public final class SinkOptionsReader {

    private final ReadableConfig options;
    private final OptionsReader reader;

    public SinkOptionsReader(ReadableConfig options, OptionsReader reader) {
        this.options = options;
        this.reader = reader;
    }

    public SinkSettings settings() {
        return reader.valid(() -> new SinkSettings(rows(), batching()));
    }

    /**
     * What is promised of rows.
     *
     * @param mode of the znodes
     */
    public Delivery delivery(CreateMode mode) {
        Delivery.Requested wish = new Delivery.Requested(
                options.get(SinkOptions.DELIVERY_GUARANTEE),
                options.getOptional(SinkOptions.TRANSACTIONAL_ID_PREFIX).orElse(null),
                options.get(SinkOptions.COMMIT_PATH),
                options.get(SinkOptions.COMMIT_RETENTION),
                options.getOptional(SinkOptions.GUARD_LOCK).orElse(null));
        return reader.valid(() -> (mode.isEphemeral() ? wish.ofEphemerals() : wish.ofRows()).at(reader.base()));
    }

    /** Of claims of recipes. */
    public Delivery.SessionBound ofClaims() {
        return reader.valid(() -> new Delivery.SessionBound(options.get(SinkOptions.COMMIT_PATH)).at(reader.base()));
    }

    /**
     * What kind of znodes to create.
     *
     * @param hasPrimaryKey whether rows are found again by their key
     */
    public CreateMode createMode(boolean hasPrimaryKey) {
        CreateMode mode = options.get(SinkOptions.CREATE_MODE);
        if (mode == CreateMode.EPHEMERAL_SEQUENTIAL) {
            throw reader.invalid(
                    SinkOptions.CREATE_MODE,
                    "the sink would not find its znodes again after a failure. Use 'ephemeral', or 'recipe' = 'lock' for a"
                            + " queue.");
        }
        if (mode.isSequential() && hasPrimaryKey) {
            throw reader.invalid(
                    SinkOptions.CREATE_MODE,
                    "each row appends a znode whose name nobody knows before, so rows have no key. Remove the PRIMARY"
                            + " KEY, or use 'persistent'.");
        }
        return mode;
    }

    /**
     * How long znodes with a TTL live; zero where rows have to say it.
     *
     * @param rowsMaySay whether rows say it themselves
     */
    public Duration ttl(boolean rowsMaySay) {
        boolean hasTtl = options.get(SinkOptions.CREATE_MODE) == CreateMode.PERSISTENT_WITH_TTL;
        boolean isSet = options.getOptional(SinkOptions.TTL).isPresent();
        if (hasTtl && !isSet && !rowsMaySay) {
            throw reader.invalid(
                    SinkOptions.CREATE_MODE,
                    "it needs to know how long. Set 'sink.ttl', for example to '1 h', or declare a column ttl BIGINT"
                            + " METADATA.");
        }
        if (isSet && !hasTtl && !rowsMaySay) {
            throw reader.invalid(
                    SinkOptions.TTL,
                    "only znodes with 'sink.create-mode' = 'persistent-with-ttl' have one. Set that, or remove the"
                            + " option.");
        }
        return isSet ? reader.ttl(SinkOptions.TTL) : Duration.ZERO;
    }

    /**
     * Empty where Flink is to decide.
     *
     * @param mode of the znodes
     */
    public Optional<Integer> parallelism(CreateMode mode) {
        Optional<Integer> parallelism = parallelism();
        if (options.getOptional(SinkOptions.GUARD_LOCK).isPresent()) {
            checkOneWriter("with 'sink.guard.lock' only one writer can hold the lock.");
            return Optional.of(1);
        }
        if (!mode.isEphemeral()) {
            return parallelism;
        }
        checkOneWriter(
                "with 'sink.create-mode' = 'ephemeral' all rows belong to one session, which only one writer can have.");
        return Optional.of(1);
    }

    /**
     * Refuses several writers.
     *
     * @param reason why there can be only one
     */
    public void checkOneWriter(String reason) {
        if (parallelism().orElse(1) > 1) {
            throw reader.invalid(SinkOptions.PARALLELISM, reason + " Set it to '1', or remove it.");
        }
    }

    /** Refuses rows among what the sink keeps for itself, which it would overwrite. */
    public void checkRowsAreElsewhere(PathTemplate template) {
        String commitPath = options.get(SinkOptions.COMMIT_PATH);
        if (template.liesIn(commitPath)) {
            throw new ValidationException(
                    "Invalid value '" + commitPath + "' for option 'sink.commit-path': the rows of"
                            + " the 'path' '" + template
                            + "' lie inside of it, among what the sink has to remember. Set it to a"
                            + " path outside of them, or write to another 'path'.");
        }
    }

    private Optional<Integer> parallelism() {
        return options.getOptional(SinkOptions.PARALLELISM).map(any -> reader.atLeastOne(SinkOptions.PARALLELISM));
    }

    private SinkSettings.Rows rows() {
        return new SinkSettings.Rows(
                options.get(SinkOptions.CONFLICT),
                options.get(SinkOptions.DELETE_CHILDREN),
                options.get(SinkOptions.SKIP_UNCHANGED),
                reader.acl(SinkOptions.ACL));
    }

    private SinkSettings.Batching batching() {
        long bytes = options.get(SinkOptions.FLUSH_BUFFER_SIZE).getBytes();
        return new SinkSettings.Batching(
                options.get(SinkOptions.BATCH_MAX_SIZE),
                options.get(SinkOptions.MAX_IN_FLIGHT),
                options.get(SinkOptions.MAX_BUFFERED),
                (int) Math.min(bytes, Integer.MAX_VALUE),
                options.get(SinkOptions.FLUSH_BUFFER_TIMEOUT));
    }

    /** Why ephemeral rows cannot have a version to expect. */
    public static ValidationException versionOfEphemeral() {
        return new ValidationException(
                "Invalid metadata column 'version' with 'sink.create-mode' = 'ephemeral': such rows"
                        + " are created anew whenever their session was lost, and the versions begin again. Remove the column, or"
                        + " use 'persistent'.");
    }

    /** Why rows that are appended cannot have a version to expect. */
    public static ValidationException versionOfAppended() {
        return new ValidationException("Invalid metadata column 'version' with 'sink.create-mode' ="
                + " 'persistent-sequential': each row creates a znode of its own, which has no version to expect. Remove"
                + " the column, or use 'persistent'.");
    }
}

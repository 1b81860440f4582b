// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;

/** A transaction log or a snapshot that does not hold what ZooKeeper wrote. The message names file and offset. */
@Internal
public final class DamagedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    DamagedFileException(Path file, long offset, String reason) {
        this(file, offset, reason, null);
    }

    DamagedFileException(Path file, long offset, String reason, Throwable cause) {
        super(
                String.format(
                        "The file '%s' is damaged at offset %d: %s. Replace it by an intact copy, or by that of another"
                                + " server of the ensemble.",
                        file, offset, reason),
                cause);
    }
}

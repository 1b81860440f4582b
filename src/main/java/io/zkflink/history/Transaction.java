// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;

/**
 * A committed transaction that changed znodes.
 *
 * @param session who asked for it; of ephemeral znodes that expired, the session that had them
 * @param time milliseconds since the epoch, by the leader's clock
 * @param file where it was read
 */
@Internal
public record Transaction(long zxid, long session, long time, Path file, List<Operation> operations) {}

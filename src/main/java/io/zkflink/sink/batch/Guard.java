// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.ZNodeWrite;
import java.io.IOException;
import java.util.List;
import org.apache.flink.annotation.Internal;

/** What must hold for a writer to write, checked by the server in each of its requests. */
@Internal
public interface Guard {

    /** A writer that may always write. */
    Guard NONE = List::of;

    /** What each request begins with, as of its sending. */
    List<ZNodeWrite> writes();

    /** What to tell a user when it does not hold. */
    default IOException lost(IOException refusal) {
        return refusal;
    }
}

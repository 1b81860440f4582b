// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class FailureMessageTest {

    @Test
    void saysEveryThingOnce() {
        Throwable cause = new IllegalArgumentException("Option 'path' is wrong.");
        Throwable failure = new IllegalStateException("The statement failed.", new ExecutionException(cause));

        assertThat(FailureMessage.of(failure)).containsExactly("The statement failed.", "Option 'path' is wrong.");
    }

    @Test
    void leavesOutWhatSaysNothingAndWhatTheScriptSays() {
        Throwable cause = new IllegalStateException("Unable to create a source.\n\nTable options are:\n\n'a'='b'");
        Throwable failure = new IllegalStateException("Job execution failed.", cause);

        assertThat(FailureMessage.of(failure)).containsExactly("Unable to create a source.");
    }

    @Test
    void aCauseWithoutMessageHasAName() {
        assertThat(FailureMessage.of(new IllegalStateException("Failed.", new NullPointerException())))
                .containsExactly("Failed.", "NullPointerException");
    }
}

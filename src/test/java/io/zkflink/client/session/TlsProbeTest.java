// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class TlsProbeTest {

    @Test
    void aCertificateThatHasExpiredIsCalledExpired() {
        assertThat(TlsProbe.refusal(failure(new CertificateExpiredException("NotAfter: Sat Jan 01 00:00:00 UTC 2022"))))
                .hasMessage("the server's certificate, or that of who signed it, has expired (NotAfter: Sat Jan 01"
                        + " 00:00:00 UTC 2022); renew it at the server");
        assertThat(TlsProbe.refusal(failure(new CertificateNotYetValidException("NotBefore: tomorrow"))))
                .hasMessage("the server's certificate, or that of who signed it, is not valid yet (NotBefore:"
                        + " tomorrow); check the clocks of both machines");
        assertThat(TlsProbe.refusal(new SSLHandshakeException("Received fatal alert: certificate_expired")))
                .hasMessage("the server refused the TLS handshake (Received fatal alert: certificate_expired): this"
                        + " client's certificate has expired; renew the one in 'ssl.keystore.location'");
    }

    private static SSLException failure(Exception innermost) {
        CertPathValidatorException path = new CertPathValidatorException("validity check failed", innermost);
        SSLException failure = new SSLHandshakeException("PKIX path validation failed: " + path);
        failure.initCause(path);
        return failure;
    }
}

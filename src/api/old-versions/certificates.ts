import { string } from '../../apimachinery/schema/types.ts'
import { validateRequest } from '../certificates/certificatesigningrequest-rules.ts'
import { type CertificateSigningRequest, certificateSigningRequest } from '../certificates/index.ts'
import { oldVersion } from './old-version.ts'

const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown'

/** certificates.k8s.io/v1beta1, where the signer could be left out. */
export const oldCertificates = [
  oldVersion(certificateSigningRequest, {
    version: 'v1beta1',
    deprecated: '1.19',
    removed: '1.22',
    messages: {
      CertificateSigningRequestSpec: {
        fields: fields => ({
          ...fields,
          signerName: string(7).pointer().default(LEGACY_SIGNER).doc('Who is to sign it; whoever does when left out.'),
          usages: fields.usages!.default(['digital signature', 'key encipherment']),
        }),
      },
    },
    rules: 'own',
    validate(request, at) {
      validateRequest(request as CertificateSigningRequest, at, { legacySigner: LEGACY_SIGNER })
    },
  }),
]

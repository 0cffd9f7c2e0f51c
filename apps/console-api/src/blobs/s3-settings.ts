/** Where objects lie in an S3-speaking store. Credentials absent: those of the machine (environment, role, profile) are used. */
export type S3Settings = {
  readonly bucket: string;
  /** Below which all keys lie, without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Absent: Amazon's own for the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`: what most other stores want. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials | undefined;
};

/** Shows nothing of itself where it is logged, printed or written as JSON. */
export class S3Credentials {
  readonly #secretAccessKey: string;

  constructor(
    readonly accessKeyId: string,
    secretAccessKey: string,
  ) {
    this.#secretAccessKey = secretAccessKey;
  }

  reveal(): { accessKeyId: string; secretAccessKey: string } {
    return { accessKeyId: this.accessKeyId, secretAccessKey: this.#secretAccessKey };
  }
}

// Values of the matrix, and the choice of cells by them.
import * as z from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const matrixValues = z.array(scalar).min(1);

/** Axis → value or values. */
export const cellsSchema = z.record(z.string(), z.union([scalar, matrixValues]));

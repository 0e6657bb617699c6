// What a descriptor of the map unit takes from elsewhere before its beats can go: the shift S, and of a norm t, s and
// the exponent.
//
// S is the descriptor's shift less a byte of SRAM, or less the tail that came with A's first entry. waiting_o: it is
// not here yet. A norm's constants follow from the maximum, once all results before are in it: with setup_i it goes
// through lane 0 ahead of the beats, and its product gives s just in time for the first beat's rounding.
//
// shift_base_o and norm_shift_o are for beats on their way to `prepare`; shift_o and exponent_o are for what comes
// after, and change with hand_i, when the descriptor takes that over.

module map_constants (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic [1:0]   subtract_i,     // shift_subtract_e
  input  logic         hand_i,

  input  logic         subtract_valid_i,
  input  logic [7:0]   subtract_byte_i,
  input  logic         tail_valid_i,
  input  logic [7:0]   tail_i,
  output logic         waiting_o,
  output logic [17:0]  shift_base_o,   // S, signed
  output logic [6:0]   shift_o,        // ... within -29 to 63; s of a norm

  input  logic         setup_i,        // the maximum goes into the operand registers
  input  logic [31:0]  maximum_i,
  input  logic [41:0]  product_i,      // of lane 0
  output logic [1:0]   setup_stage_o,  // it is in the operand registers, in those behind `prepare`
  output logic [4:0]   norm_shift_o,   // t
  output logic [7:0]   exponent_o,

  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  localparam logic signed [17:0] RotationShift = 18'sd14;
  localparam logic signed [17:0] GateShift = 18'sd15;
  localparam logic signed [17:0] ShiftMost = 18'sd63;     // gives 0
  localparam logic signed [17:0] ShiftLeast = -18'sd29;   // as far to the left as it goes
  localparam logic [5:0] NormFactorBits = 6'd14;          // of |clamp(rsh(A, t))|
  localparam logic [5:0] NormResultBits = 6'd7;           // of |out|

  logic               byte_due_q, tail_due_q;
  logic signed [17:0] shift_base_q;
  logic               rms_q;
  logic [7:0]         exponent_base_q;
  logic [2:0]         setup_stage_q;
  logic [4:0]         norm_shift_q;      // t
  logic signed [6:0]  shift_q;
  logic [7:0]         exponent_q;        // before s is known, without it
  logic               tail_taken;

  // Bits of an unsigned value beyond `kept`.
  function logic [5:0] excess_bits(input logic [41:0] value, input logic [5:0] kept);
    excess_bits = 6'd0;
    for (int i = 0; i < 42; i++) begin
      if (value[i]) excess_bits = 6'(i + 1);
    end
    excess_bits = excess_bits > kept ? excess_bits - kept : 6'd0;
  endfunction

  function logic signed [6:0] clamped(input logic signed [17:0] shift);
    if (shift > ShiftMost) clamped = ShiftMost[6:0];
    else if (shift < ShiftLeast) clamped = ShiftLeast[6:0];
    else clamped = shift[6:0];
  endfunction

  assign tail_taken = tail_due_q & tail_valid_i;
  assign waiting_o = byte_due_q | tail_due_q;
  assign shift_base_o = shift_base_q;
  assign shift_o = shift_q;
  assign setup_stage_o = setup_stage_q[1:0];
  assign norm_shift_o = norm_shift_q;
  assign exponent_o = exponent_q;
  assign busy_o = subtract_valid_i | tail_taken | (|setup_stage_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin : front
    if (!rst_ni) begin
      {byte_due_q, tail_due_q, rms_q} <= 3'b000;
      shift_base_q <= 18'sd0;
      exponent_base_q <= 8'd0;
    end else if (start_i) begin
      byte_due_q <= subtract_i == tessera_pkg::SubtractByte;
      tail_due_q <= subtract_i == tessera_pkg::SubtractTail;
      unique case (d.operation)
        tessera_pkg::MapRot: shift_base_q <= RotationShift;
        tessera_pkg::MapGate: shift_base_q <= GateShift;
        default: shift_base_q <= 18'($signed(d.shift));
      endcase
      rms_q <= d.mode == tessera_pkg::NormRms;
      exponent_base_q <= d.offset_low[7:0];
    end else if (subtract_valid_i || tail_taken) begin
      shift_base_q <= shift_base_q - 18'($signed(subtract_valid_i ? subtract_byte_i : tail_i));
      byte_due_q <= 1'b0;
      tail_due_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : constants
    logic [5:0] excess;
    if (!rst_ni) begin
      setup_stage_q <= 3'd0;
      norm_shift_q <= 5'd0;
      shift_q <= 7'sd0;
      exponent_q <= 8'd0;
    end else if (hand_i) begin
      shift_q <= clamped(shift_base_q);
    end else if (setup_i) begin
      excess = 6'd0;
      if (rms_q) excess = excess_bits({10'd0, maximum_i}, NormFactorBits);
      norm_shift_q <= excess[4:0];
      exponent_q <= exponent_base_q + {2'd0, excess};
      setup_stage_q <= 3'b001;
    end else if (setup_stage_q != 3'd0) begin
      if (setup_stage_q[2]) begin
        excess = excess_bits(product_i, NormResultBits);
        shift_q <= {1'b0, excess};
        exponent_q <= exponent_q + {2'd0, excess};
      end
      setup_stage_q <= {setup_stage_q[1:0], 1'b0};
    end
  end

endmodule

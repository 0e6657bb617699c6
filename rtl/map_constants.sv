// What a descriptor of the map unit takes from elsewhere before its beats can go: full banks, the shift S, and of a
// norm t, s and the exponent.
//
// S is the descriptor's shift less a byte of SRAM, or less the tail of the MAC array's message, which is there when
// the banks are full. waiting_o: banks or shift are not here yet. A norm's constants follow from the maximum as it
// is at start_i. To find s, it goes through lane 0 ahead of the beats (setup_o), and its product gives s just in
// time for the first beat's rounding.

module map_constants (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic [1:0]   subtract_i,     // shift_subtract_e

  input  logic [1:0]   bank_full_i,
  input  logic         subtract_valid_i,
  input  logic [7:0]   subtract_byte_i,
  input  logic [7:0]   mac_tail_i,
  output logic         waiting_o,
  output logic [1:0]   banks_o,        // that A lies in
  output logic [17:0]  shift_base_o,   // S, signed
  output logic [6:0]   shift_o,        // ... within -29 to 63; s of a norm

  input  logic [31:0]  maximum_i,
  input  logic [41:0]  product_i,      // of lane 0
  output logic         setup_o,        // the maximum goes into the operand registers
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

  logic               waiting_q, byte_due_q, tail_q;
  logic [1:0]         banks_q, wait_q;   // that A lies in; that must be full
  logic signed [17:0] shift_base_q;
  logic signed [6:0]  shift_q;
  logic [2:0]         setup_stage_q;
  logic [4:0]         norm_shift_q;      // t
  logic [7:0]         exponent_q;        // before s is known, without it
  logic               go;                // everything is here

  // Banks that the entries from `first` to `first + more` lie in.
  function logic [1:0] banks(input logic [3:0] first, input logic [3:0] more);
    banks = {first[3] | ({2'd0, first[2:0]} + {1'b0, more} > 5'd7), ~first[3]};
  endfunction

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

  always_comb begin
    go = 1'b0;
    if (waiting_q) go = (~byte_due_q | subtract_valid_i) & ((wait_q & ~bank_full_i) == 2'b00);
  end

  assign setup_o = start_i && d.operation == tessera_pkg::MapNorm;
  assign waiting_o = waiting_q;
  assign banks_o = banks_q;
  assign shift_base_o = shift_base_q;
  assign shift_o = shift_q;
  assign setup_stage_o = setup_stage_q[1:0];
  assign norm_shift_o = norm_shift_q;
  assign exponent_o = exponent_q;
  assign busy_o = go | subtract_valid_i | (|setup_stage_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    logic [3:0]         further;   // entries of A after its first
    logic [1:0]         needed;
    logic signed [17:0] shift;
    logic [5:0]         excess;
    if (!rst_ni) begin
      {waiting_q, byte_due_q, tail_q} <= 3'b000;
      banks_q <= 2'b00;
      wait_q <= 2'b00;
      shift_base_q <= 18'sd0;
      shift_q <= 7'sd0;
      setup_stage_q <= 3'd0;
      norm_shift_q <= 5'd0;
      exponent_q <= 8'd0;
    end else if (busy_o) begin
      if (subtract_valid_i || (go && tail_q)) begin
        shift = shift_base_q - 18'($signed(subtract_valid_i ? subtract_byte_i : mac_tail_i));
        shift_base_q <= shift;
        shift_q <= clamped(shift);
      end
      if (go) waiting_q <= 1'b0;
      if (subtract_valid_i) byte_due_q <= 1'b0;

      if (setup_stage_q[2]) begin
        excess = excess_bits(product_i, NormResultBits);
        shift_q <= {1'b0, excess};
        exponent_q <= exponent_q + {2'd0, excess};
      end
      setup_stage_q <= {setup_stage_q[1:0], 1'b0};
    end else if (start_i) begin
      needed = 2'b00;
      if (d.a_where == tessera_pkg::WhereAcc) begin
        further = 4'((d.count - 16'd1) >> 4);
        needed = banks(d.a_address[3:0], further);
        if (d.a_size == tessera_pkg::SizePair) needed = needed | banks(d.a_address[7:4], further);
      end
      banks_q <= needed;
      wait_q <= needed & {2{d.acc_wait}};
      byte_due_q <= subtract_i == tessera_pkg::SubtractByte;
      tail_q <= subtract_i == tessera_pkg::SubtractTail;
      waiting_q <= subtract_i != tessera_pkg::SubtractNone || (needed != 2'b00 && d.acc_wait);

      unique case (d.operation)
        tessera_pkg::MapRot: shift = RotationShift;
        tessera_pkg::MapGate: shift = GateShift;
        default: shift = 18'($signed(d.shift));
      endcase
      shift_base_q <= shift;
      shift_q <= clamped(shift);

      excess = 6'd0;
      if (d.mode == tessera_pkg::NormRms) excess = excess_bits({10'd0, maximum_i}, NormFactorBits);
      setup_stage_q <= {2'b00, setup_o};
      norm_shift_q <= excess[4:0];
      exponent_q <= d.offset_low[7:0] + {2'd0, excess};
    end
  end

endmodule
